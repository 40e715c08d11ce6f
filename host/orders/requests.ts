import { ToolError } from "../../protocol/errors.ts";
import { type Fields, isFields, parseJson, quote, unknownNames } from "../zones/json.ts";
import { isName } from "../zones/names.ts";
import { type RefuseField, readInstant } from "../zones/order.ts";
import { readObject, readText, refuserOf } from "./fields.ts";
import { type ReadOrder, readOrderFile } from "./order-file.ts";
import { namesSomebody } from "./people.ts";

/** A change of zones that the console asks for; only the key holder can make an order of it. */
export interface ChangeRequest {
  id: string;
  /** Ids of the order and of the device it is sealed for. */
  order: string;
  device: string;
  change: Change;
  requestedBy: string;
  /** UTC ms. */
  atMs: number;
  reason: string;
}

/** The Feature says `disclosed`: a zone that is not goes to the centre alone. */
export type Change = { kind: "add" | "alter"; zone: Fields; zoneId: string } | { kind: "remove"; zoneId: string };

const FIELDS = ["id", "order", "device", "change", "requestedBy", "at", "reason"];
const NAME_MOST = 200;
const REASON_MOST = 2000;

/** JSON as the README of this room says and `request-example.ts` shows. */
export function readRequest(text: string, file: string): ChangeRequest {
  const { root, lineOf } = parseJson(text, file, "order.not-json");
  const refuse = refuserOf((at) => lineOf(root, /^\w+/.exec(at)?.[0]), file);
  if (!isFields(root)) return refuse("", "reason.no-object", { at: file });
  const unknown = unknownNames(root, FIELDS);
  if (unknown) refuse(unknown, "reason.unknown-in", { at: file, name: unknown });
  const text_ = (name: string, most = NAME_MOST) => readText(root[name], name, most, refuse);
  const name = (field: string) => {
    const text = text_(field);
    return namesSomebody(text) ? text : refuse(field, "reason.no-name", { at: field });
  };
  return {
    id: text_("id"),
    order: text_("order"),
    device: text_("device"),
    change: readChange(root.change, refuse),
    requestedBy: name("requestedBy"),
    atMs: readInstant(root.at, "at", refuse),
    reason: text_("reason", REASON_MOST),
  };
}

function readChange(value: unknown, refuse: RefuseField): Change {
  const { kind, zone } = readObject(value, "change", ["kind", "zone"], refuse);
  if (kind === "remove") {
    if (typeof zone === "string" && isName(zone)) return { kind, zoneId: zone };
    return refuse("change.zone", "reason.no-zone-id", { at: "change.zone", value: quote(zone) });
  }
  if (kind !== "add" && kind !== "alter")
    return refuse("change.kind", "reason.bad-change", { at: "change.kind", value: quote(kind) });
  const properties = isFields(zone) && isFields(zone.properties) ? zone.properties : undefined;
  const zoneId = properties?.id;
  if (
    !isFields(zone) ||
    zone.type !== "Feature" ||
    typeof zoneId !== "string" ||
    typeof properties?.disclosed !== "boolean"
  )
    return refuse("change.zone", "reason.bad-change-zone", { at: "change.zone" });
  return { kind, zone, zoneId };
}

/** The order as the request would have it. `order.request-elsewhere`, `order.request-unknown-zone`, `order.request-zone-exists`. */
export function applyRequest(request: ChangeRequest, read: ReadOrder, device: string, file: string): ReadOrder {
  const { change } = request;
  if (request.order !== read.order.id || request.device !== device)
    throw new ToolError("order.request-elsewhere", { file, order: request.order, device: request.device });
  const standing = [...read.order.zones, ...read.order.centreZones].some(({ zone }) => zone.id === change.zoneId);
  if (standing && change.kind === "add")
    throw new ToolError("order.request-zone-exists", { file, feature: change.zoneId });
  if (!standing && change.kind !== "add")
    throw new ToolError("order.request-unknown-zone", { file, feature: change.zoneId });
  return readOrderFile(JSON.stringify(changed(read.document, change)), file, () => {
    throw new ToolError("order.not-sealed", { file });
  });
}

function changed(document: Fields, change: Change): Fields {
  const without = (list: unknown) =>
    (Array.isArray(list) ? list : []).filter((feature) => feature.properties.id !== change.zoneId);
  const zones = without(document.zones);
  const centreZones = without(document.centreZones);
  if (change.kind !== "remove") {
    const isDisclosed = (change.zone.properties as Fields).disclosed === true;
    (isDisclosed ? zones : centreZones).push(change.zone);
  }
  const { centreZones: _, ...rest } = document;
  return centreZones.length === 0 ? { ...rest, zones } : { ...rest, zones, centreZones };
}
