import type { MqttClient } from "./mqtt-client.ts";
import type { TlsSettings } from "./network.ts";

/** What a command comes to: lines of information, the result, and perhaps data that it now waits for. */
export interface Answer {
  lines: (string | Uint8Array)[];
  /** "OK", "ERROR", "+CME ERROR: <n>"; "" where `data` comes first. */
  result: string;
  data?: Data;
}

/** The modem takes the next `length` bytes as they are, after the prompt. */
export interface Data {
  prompt: "\r\n> " | "\r\nCONNECT\r\n";
  length: number;
  then(bytes: Uint8Array): Answer;
}

/** What commands find, and change. */
export interface Board {
  imei: string;
  iccid: string | undefined;
  utcMs: number | undefined;
  echo: boolean;
  radio: boolean;
  attached: boolean;
  reportsRegistration: number;
  pdpActive: boolean;
  psm: { activeS: number } | undefined;
  edrx: string | undefined;
  files: Map<string, Uint8Array>;
  tlsContexts: Map<number, Map<string, string>>;
  mqtt: MqttClient;
  setRadio(on: boolean): void;
  powerDown(): void;
}

const OK: Answer = { lines: [], result: "OK" };
const ERROR: Answer = { lines: [], result: "ERROR" };
const NO_SIM: Answer = { lines: [], result: "+CME ERROR: 10" };
const NO_FILE: Answer = { lines: [], result: "+CME ERROR: 405" };

/** One command without its "AT". Source: Quectel BG95&BG77&BG600L AT commands manual and application notes. */
export function execute(board: Board, command: string): Answer {
  const match = /^(\+[A-Z]+|E|)(=\?|\?|=?)(.*)$/s.exec(command);
  if (match === null) return ERROR;
  const [, name, form, rest] = match;
  const args = form === "=" || name === "E" ? splitArguments(rest) : [];
  if (args === undefined || (form !== "=" && name !== "E" && rest !== "")) return ERROR;
  const asked = form === "?";
  const fileAnswer = files(board, name, args);
  return fileAnswer ?? mqttCommand(board, name, args, asked) ?? generalCommand(board, name, args, asked);
}

function generalCommand(board: Board, name: string, args: string[], asked: boolean): Answer {
  switch (name) {
    case "":
      return OK;
    case "E":
      board.echo = args[0] === "1";
      return OK;
    case "+CMEE":
    case "+CTZU":
    case "+QICSGP":
    case "+CGDCONT":
      return args.length > 0 ? OK : ERROR;
    case "+QCFG":
      return ["nwscanmode", "iotopmode", "psm/enter", "psm/urc"].includes(args[0]) ? OK : ERROR;
    case "+CPSMS":
      return setPsm(board, args);
    case "+CEDRXS":
      board.edrx = args[0] === "1" && args[1] === "4" ? args[2] : undefined;
      return OK;
    case "+CGSN":
      return info(board.imei);
    case "+QCCID":
      return board.iccid === undefined ? NO_SIM : info(`+QCCID: ${board.iccid}`);
    case "+CFUN":
      board.setRadio(args[0] === "1");
      return OK;
    case "+CEREG":
      return asked ? info(`+CEREG: ${board.reportsRegistration},${registration(board)}`) : setReport(board, args);
    case "+QLTS":
      return info(`+QLTS: "${networkTime(board.utcMs)}"`);
    case "+QIACT":
      board.pdpActive = board.attached;
      return board.attached ? OK : ERROR;
    case "+QSSLCFG":
      return setTls(board, args);
    case "+QPOWD":
      board.powerDown();
      return OK;
  }
  return ERROR;
}

function info(line: string | Uint8Array): Answer {
  return { lines: [line], result: "OK" };
}

export function registration(board: Board): number {
  if (!board.radio) return 0;
  return board.attached ? 1 : 2;
}

function setReport(board: Board, args: string[]): Answer {
  board.reportsRegistration = Number(args[0]);
  return args[0] === "0" || args[0] === "1" ? OK : ERROR;
}

/** T3324: 3 bits of unit, 5 of value. */
function setPsm(board: Board, args: string[]): Answer {
  const [on, , , tau, active] = args;
  if (on === "0") board.psm = undefined;
  else if (on !== "1" || !/^[01]{8}$/.test(tau) || !/^[01]{8}$/.test(active)) return ERROR;
  else {
    const unitS = [2, 60, 360][Number.parseInt(active.slice(0, 3), 2)] ?? 60;
    board.psm = { activeS: unitS * Number.parseInt(active.slice(3), 2) };
  }
  return OK;
}

/** GMT, with the offset of the place (+36 quarters) that it does not hold. */
function networkTime(utcMs: number | undefined): string {
  if (utcMs === undefined) return "";
  const [date, time] = new Date(utcMs).toISOString().split("T");
  return `${date.replaceAll("-", "/")},${time.slice(0, 8)}+36,0`;
}

const TLS_NAMES = "sslversion seclevel cacert clientcert clientkey ignorelocaltime sni checkhost ciphersuite".split(
  " ",
);

function setTls(board: Board, args: string[]): Answer {
  const [name, context, value] = args;
  if (!TLS_NAMES.includes(name) || !/^[0-5]$/.test(context ?? "") || value === undefined) return ERROR;
  const settings = board.tlsContexts.get(Number(context)) ?? new Map<string, string>();
  board.tlsContexts.set(Number(context), settings.set(name, value));
  return OK;
}

/** What a TLS context comes to; a file that is not there is found out only when connecting. */
export function tlsSettings(board: Board, context: number): TlsSettings {
  const settings = board.tlsContexts.get(context) ?? new Map<string, string>();
  const level = Number(settings.get("seclevel") ?? "0");
  const file = (name: string) => board.files.get(settings.get(name) ?? "");
  return {
    ca: level >= 1 ? file("cacert") : undefined,
    certificate: level === 2 ? file("clientcert") : undefined,
    key: level === 2 ? file("clientkey") : undefined,
    checksServer: level >= 1,
    checksHost: settings.get("checkhost") === "1",
  };
}

const MESSAGE_LIMIT_BYTES = 4_096;

function mqttCommand(board: Board, name: string, args: string[], asked: boolean): Answer | undefined {
  const { mqtt } = board;
  if (!name.startsWith("+QMT")) return undefined;
  if (name === "+QMTRECV" && asked) return info(`+QMTRECV: 0,${mqtt.slots()}`);
  if (args[name === "+QMTCFG" ? 1 : 0] !== "0") return ERROR;
  switch (name) {
    case "+QMTCFG":
      return result(mqtt.set(args[0], args.slice(2).map(Number)));
    case "+QMTOPEN":
      return result(board.attached && mqtt.open(args[1], Number(args[2])));
    case "+QMTCONN":
      return result(mqtt.connect(args[1]));
    case "+QMTSUB":
      return result(mqtt.subscribe(Number(args[1]), args[2], Number(args[3])));
    case "+QMTDISC":
      return result(mqtt.disconnect());
    case "+QMTCLOSE":
      return result(mqtt.close());
    case "+QMTRECV": {
      const line = mqtt.read(Number(args[1]));
      return line === undefined ? ERROR : info(line);
    }
    case "+QMTPUBEX":
      return publish(mqtt, args);
  }
  return ERROR;
}

function result(taken: boolean): Answer {
  return taken ? OK : ERROR;
}

function publish(mqtt: MqttClient, args: string[]): Answer {
  const [id, qos, , topic, length] = [Number(args[1]), Number(args[2]), args[3], args[4], Number(args[5])];
  const isSound = id >= 1 && id <= 65_535 && qos === 1 && length >= 1 && length <= MESSAGE_LIMIT_BYTES;
  if (!mqtt.mayPublish() || !isSound) return ERROR;
  const then = (payload: Uint8Array): Answer => {
    if (!mqtt.mayPublish()) return ERROR;
    mqtt.publish({ id, qos, topic, payload });
    return OK;
  };
  return { lines: [], result: "", data: { prompt: "\r\n> ", length, then } };
}

function files(board: Board, name: string, args: string[]): Answer | undefined {
  const file = board.files.get(args[0] ?? "");
  switch (name) {
    case "+QFLST":
      return file === undefined ? NO_FILE : info(`+QFLST: "${args[0]}",${file.length}`);
    case "+QFDEL":
      return board.files.delete(args[0]) ? OK : NO_FILE;
    case "+QFDWL":
      return file === undefined ? NO_FILE : download(file);
    case "+QFUPL":
      return file === undefined ? upload(board, args) : { lines: [], result: "+CME ERROR: 407" };
  }
  return undefined;
}

function download(file: Uint8Array): Answer {
  const tail = `\r\n+QFDWL: ${file.length},${checksum(file)}`;
  return info(Buffer.concat([Buffer.from("CONNECT\r\n"), file, Buffer.from(tail)]));
}

function upload(board: Board, args: string[]): Answer {
  const length = Number(args[1]);
  if (!(length >= 1 && length <= 65_536)) return ERROR;
  const then = (bytes: Uint8Array): Answer => {
    board.files.set(args[0], bytes);
    return info(`+QFUPL: ${length},${checksum(bytes)}`);
  };
  return { lines: [], result: "", data: { prompt: "\r\nCONNECT\r\n", length, then } };
}

/** Exclusive or of its 16-bit words, as the modem shows it. */
export function checksum(bytes: Uint8Array): string {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum ^= (bytes[i] << 8) | (bytes[i + 1] ?? 0);
  return sum.toString(16);
}

/** By commas outside quotation marks, which are taken off; `undefined` where one is left open. */
function splitArguments(text: string): string[] | undefined {
  const parts = text.match(/("[^"]*"|[^,"]*)(,|$)/g);
  if (parts === null || parts.join("") !== text) return undefined;
  const args = parts.map((part) => part.replace(/,$/, "").replace(/^"(.*)"$/s, "$1"));
  return text.endsWith(",") || args.length === 1 ? args : args.slice(0, -1);
}
