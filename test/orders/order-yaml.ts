/** An order that uses every field, line by line as the tests count them. */
export const ORDER_YAML = `id: "2026-17"
person:
  name: 山田 太郎
  birth: "1980-01-31"
court: {name: 東京地方裁判所, case: 令和8年(配チ)第17号, phone: 03-0000-0000, appeal: Within two weeks.}
contact: {name: Control centre, phone: 03-1111-1111}
from: 2026-12-01T00:00:00+09:00
to: 2027-12-01T00:00:00+09:00
timezone: Asia/Tokyo
protectedPersons: [A]
zones:
  - type: Feature
    geometry: {type: Point, coordinates: [139.767, 35.681]}
    properties:
      id: work
      name: Tokyo station
      x-note: for people
      disclosed: true
      radiusM: 300
      bufferM: 200
      schedule:
        - days: [mon, tue, wed, thu, fri]
          from: "08:00"
          to: "19:00"
  - {file: zones.geojson, disclosed: true}
centreZones:
  - type: Feature
    geometry: {type: Point, coordinates: [139.6, 35.7]}
    properties: {id: refuge, radiusM: 400}
delayS: 60
heartbeatS: 900
warnings: {allowed: true, maxPerDay: 3}
permittedEncounters:
  - name: Handing over of children
    place: {type: Point, coordinates: [139.71, 35.67]}
    radiusM: 100
    schedule: [{days: [sat], from: "10:00", to: "10:30"}]
  - name: Hearing
    from: 2027-01-15T10:00:00+09:00
    to: 2027-01-15T12:00:00+09:00
corridors:
  - name: Train
    way: {type: LineString, coordinates: [[139.70, 35.655], [139.72, 35.655]]}
    widthM: 80
    maxDwellS: 600
distances: {proximityM: 400}
retentionDays: 730
`;

export const ZONES_JSON = JSON.stringify({
  type: "Feature",
  properties: { id: "school", bufferM: 100 },
  geometry: {
    type: "Polygon",
    coordinates: [
      [
        [139.7, 35.65],
        [139.71, 35.65],
        [139.71, 35.66],
        [139.7, 35.66],
        [139.7, 35.65],
      ],
    ],
  },
});
