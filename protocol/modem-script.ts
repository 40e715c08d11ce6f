/** What provisioning sets of the way to the centre. Texts: 1 to 64 printable ASCII characters without blank and quotation mark. */
export interface ModemSettings {
  apn: string;
  host: string;
  port: number;
  /** MQTT client identifier: the device id. */
  clientId: string;
  downlinkTopic: string;
  /** Seconds; at most 0.45 of the silence that alarms (design §13). */
  keepAliveS: number;
  /** T3412 extended (3GPP TS 24.008, 10.5.7.4a): eight bits as text. */
  tau: string;
  /** T3324 (10.5.7.3): eight bits as text. */
  activeTime: string;
  /** The eDRX cycle on LTE-M (10.5.5.32): four bits as text. */
  edrx: string;
  /** Files in the modem's own memory, put there when provisioned. */
  caFile: string;
  certificateFile: string;
  keyFile: string;
}

/**
 * What a device says to a Quectel BG95 or BG96 that has just started, a line each, from "no echo" to the subscription. It
 * holds no secret: keys lie in the modem. The first character tells what is awaited: `!` OK, `?` OK or ERROR alike, `@` OK
 * after long work, `&` OK and registration with a cell; `=` nothing is said, and the line itself is awaited.
 *
 * Everything is said each time: the modem keeps some of it and loses the rest, and which is which differs by firmware.
 * Source: Quectel BG95&BG77&BG600L AT commands manual; application notes on SSL, MQTT and low power.
 *
 * `undefined` where a setting would end the quotation or the line it stands in.
 */
export function modemScript(to: ModemSettings): string | undefined {
  const texts = [to.apn, to.host, to.clientId, to.downlinkTopic, to.tau, to.activeTime, to.edrx];
  if (!texts.concat([to.caFile, to.certificateFile, to.keyFile]).every(isPlain)) return undefined;
  const tls = '!+QSSLCFG="';
  const mqtt = '!+QMTCFG="';
  return [
    "!E0",
    // LTE-M alone: a search through NB-IoT and GSM costs minutes of current where neither is provisioned.
    '?+QCFG="nwscanmode",3,1',
    '?+QCFG="iotopmode",0,1',
    `?+CPSMS=1,,,"${to.tau}","${to.activeTime}"`,
    `?+CEDRXS=1,4,"${to.edrx}"`,
    "?+CTZU=1",
    `!+CGDCONT=1,"IP","${to.apn}"`,
    "!+CFUN=1",
    "!+CEREG=1",
    "&+CEREG?",
    "?+QLTS=1",
    "@+QIACT=1",
    // TLS 1.2, both sides prove who they are, and the certificate must be this host's: another device's, of the same
    // authority, will not do. Dates are not checked, for the modem has only the network's word for what day it is.
    `${tls}sslversion",0,3`,
    `${tls}seclevel",0,2`,
    `${tls}cacert",0,"${to.caFile}"`,
    `${tls}clientcert",0,"${to.certificateFile}"`,
    `${tls}clientkey",0,"${to.keyFile}"`,
    `${tls}ignorelocaltime",0,1`,
    `${tls}sni",0,1`,
    `${tls}checkhost",0,1`,
    // A session that outlived a restart of ours.
    "?+QMTCLOSE=0",
    `${mqtt}version",0,4`,
    `${mqtt}pdpcid",0,1`,
    `${mqtt}ssl",0,1,0`,
    `${mqtt}keepalive",0,${to.keepAliveS}`,
    // The broker keeps the subscription, and what came for us while we were away.
    `${mqtt}session",0,0`,
    // Four tries of ten seconds each, and no report between them.
    `${mqtt}timeout",0,10,3,0`,
    // Messages wait in the modem until they are asked for, and come with their length.
    `${mqtt}recv/mode",0,1,1`,
    `!+QMTOPEN=0,"${to.host}",${to.port}`,
    "=+QMTOPEN: 0,0",
    `!+QMTCONN=0,"${to.clientId}"`,
    "=+QMTCONN: 0,0,0",
    // At least once is granted, for a downlink may come only once.
    `!+QMTSUB=0,1,"${to.downlinkTopic}",1`,
    "=+QMTSUB: 0,1,0,1",
  ].join("\n");
}

/** Nothing that would end the quotation or the line it stands in. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 32 || code >= 127 || code === 34) return false;
  }
  return text.length > 0 && text.length <= 64;
}
