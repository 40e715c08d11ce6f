import { ID_MOST_BYTES } from "../../protocol/limits.ts";
import { utf8Length } from "../../protocol/utf8.ts";

/** Would steer a terminal, end a line, or make a text read otherwise than it is. */
const UNFIT = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/** Whether the text can name a zone or an order: not blank, short enough for the device, and what it looks like. */
export function isName(text: string): boolean {
  const bytes = utf8Length(text);
  return text.trim() !== "" && bytes >= 0 && bytes <= ID_MOST_BYTES && !UNFIT.test(text);
}
