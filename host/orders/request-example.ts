/** What `order requests --example` prints: a change of zones as the console asks for it. */
export const REQUEST_EXAMPLE = {
  id: "request-1",
  order: "2026-17",
  device: "OMB-000123",
  change: {
    kind: "add",
    zone: {
      type: "Feature",
      geometry: { type: "Point", coordinates: [139.767, 35.681] },
      properties: { id: "new-school", disclosed: true, radiusM: 300, bufferM: 200 },
    },
  },
  requestedBy: "A. Sato",
  at: "2026-11-25T10:00:00+09:00",
  reason: "the child changes school on 1 December",
};
