// What of a view is drawn, and how.

import {
  Cartesian2,
  Cartesian3,
  Color,
  DistanceDisplayCondition,
  HorizontalOrigin,
  type Label,
  LabelCollection,
  LabelStyle,
  Material,
  type PointPrimitive,
  PointPrimitiveCollection,
  type Polyline,
  PolylineCollection,
  type Scene,
  VerticalOrigin,
} from '@cesium/engine';
import type { Column, Combined, Event, Ground, Track, View } from '../contract';
import { codeOf, colourOf, combinedOf } from '../lib/nations';
import { circle, ellipse, type LonLat } from './geo';
import { Layer } from './layer';

const FONT = '600 13px "Noto Sans", "DejaVu Sans", sans-serif';
const STALE_S = 5;
const SENSOR_LABELS_WITHIN_M = 3_500_000;
const LABEL_LINE_PX = 15;
const TRACK_LABELS_MAX = 60;
const COMBINED_LABELS_MAX = 12;

const at = (lon_deg: number, lat_deg: number, alt_m = 0): Cartesian3 => Cartesian3.fromDegrees(lon_deg, lat_deg, alt_m);
const line = (points: LonLat[]): Cartesian3[] => points.map(([lon, lat]) => at(lon, lat));
const finite = (...values: number[]): boolean => values.every(Number.isFinite);

type Points = Layer<object, PointPrimitive>;
type Lines = Layer<object, Polyline>;
type Labels = Layer<object, Label>;

export class Picture {
  readonly #points: Points;
  readonly #lines: Lines;
  readonly #labels: Labels;
  /** Where each track is, for pointing at it. */
  readonly tracks = new Map<string, Cartesian3>();
  /** Tracks and points of one object lie on each other, so each nation's labels have a line of their own. */
  #nations: string[] = [];

  constructor(scene: Scene) {
    const points = scene.primitives.add(new PointPrimitiveCollection()) as PointPrimitiveCollection;
    const lines = scene.primitives.add(new PolylineCollection()) as PolylineCollection;
    const labels = scene.primitives.add(new LabelCollection()) as LabelCollection;
    this.#points = new Layer(points);
    this.#lines = new Layer(lines);
    this.#labels = new Layer(labels);
  }

  /** Draws a view; tells whether anything changed. */
  show(view: View, event: Event | null, chosen: string | null): boolean {
    const layers = [this.#points, this.#lines, this.#labels];
    for (const layer of layers) layer.begin();
    this.#nations = nationsOf(view, event);
    this.#sensors(view);
    this.#tracks(view, chosen);
    for (const combined of view.combined) this.#combined(combined, view.combined.length <= COMBINED_LABELS_MAX);
    for (const column of event?.columns ?? []) {
      this.#column(column);
      this.#reach(column);
      if (!view.tracks.some((track) => track.origin === column.nation)) this.#observed(column);
    }
    for (const layer of layers) layer.end();
    return layers.some((layer) => layer.changed);
  }

  #sensors(view: View): void {
    for (const sensor of view.sensors) {
      if (!finite(sensor.lat_deg, sensor.lon_deg, sensor.range_max_m)) continue;
      const colour = Color.fromCssColorString(colourOf(sensor.nation));
      const key = `sensor ${sensor.id}`;
      const version = [sensor.lat_deg, sensor.lon_deg, sensor.range_max_m].join();
      this.#points.put(key, version, () => ({
        position: at(sensor.lon_deg, sensor.lat_deg),
        pixelSize: 6,
        color: Color.BLACK,
        outlineColor: colour,
        outlineWidth: 2,
      }));
      this.#lines.put(key, version, () => ({
        positions: line(circle([sensor.lon_deg, sensor.lat_deg], sensor.range_max_m)),
        width: 1,
        material: Material.fromType('Color', { color: colour.withAlpha(0.3) }),
      }));
      this.#label(key, version, sensor.name.split(',')[0]!, at(sensor.lon_deg, sensor.lat_deg), colour.withAlpha(0.75), [0, -14], SENSOR_LABELS_WITHIN_M);
    }
  }

  #tracks(view: View, chosen: string | null): void {
    this.tracks.clear();
    for (const track of view.tracks) {
      if (!finite(track.lat_deg, track.lon_deg, track.alt_m)) continue;
      const key = `${track.origin}/${track.id}`;
      this.tracks.set(key, at(track.lon_deg, track.lat_deg, track.alt_m));
      this.#track(track, key, key === chosen, view.tracks.length <= TRACK_LABELS_MAX);
    }
  }

  #track(track: Track, key: string, chosen: boolean, labelled: boolean): void {
    const full = Color.fromCssColorString(colourOf(track.origin));
    const old = track.age_s > STALE_S || track.status === 'lost';
    const colour = old ? Color.fromCssColorString('#8d99a5') : full;
    const firm = track.status === 'firm';
    const position = this.tracks.get(key)!;
    const look = `${track.status} ${old} ${chosen}`;
    this.#points.put(
      `track ${key}`,
      `${track.lon_deg} ${track.lat_deg} ${track.alt_m} ${look}`,
      () => ({ position, ...pointLook(colour, firm, chosen) }),
      (point) => Object.assign(point, { position, ...pointLook(colour, firm, chosen) }),
    );
    const last = track.trail.at(-1);
    if (track.trail.length > 1) {
      this.#path(`trail ${key}`, `${track.trail.length} ${track.trail[0]} ${last} ${look}`, [...track.trail], () => ({
        width: chosen ? 4 : 2.5,
        material: Material.fromType('Color', { color: colour }),
      }));
    }
    if (track.ahead.length > 1) {
      this.#path(`ahead ${key}`, `${track.ahead.length} ${track.ahead[0]} ${track.ahead.at(-1)} ${look}`, [...track.ahead], () => ({
        width: chosen ? 3 : 1.5,
        material: Material.fromType('PolylineDash', { color: colour.withAlpha(0.85), dashLength: 10 }),
      }));
    }
    if (labelled || chosen) {
      const text = `${codeOf(track.origin)} ${track.id}${firm ? '' : ` ${track.status}`}`;
      const version = `${text} ${track.lon_deg} ${track.lat_deg} ${track.alt_m} ${old}`;
      this.#label(`track ${key}`, version, text, position, colour, [14, -16 - LABEL_LINE_PX * this.#nations.indexOf(track.origin)]);
    }
  }

  /** A ring around the nations' tracks, of no nation's colour. */
  #combined(combined: Combined, labelled: boolean): void {
    if (!finite(combined.lat_deg, combined.lon_deg, combined.alt_m)) return;
    const key = `combined ${combined.id}`;
    const position = at(combined.lon_deg, combined.lat_deg, combined.alt_m);
    const colour = Color.WHITE.withAlpha(combined.age_s > STALE_S ? 0.5 : 1);
    const version = `${combined.lon_deg} ${combined.lat_deg} ${combined.alt_m} ${colour.alpha}`;
    const look = { position, pixelSize: 17, color: Color.TRANSPARENT, outlineColor: colour, outlineWidth: 2 };
    this.#points.put(key, version, () => look, (point) => Object.assign(point, look));
    if (labelled) {
      const text = combinedOf(combined.sources.map((source) => source.nation));
      this.#label(key, `${version} ${text}`, text, position, colour, [14, LABEL_LINE_PX]);
    }
  }

  #column(column: Column): void {
    if (column.status === 'withdrawn') return;
    const colour = Color.fromCssColorString(colourOf(column.nation));
    const down_px = LABEL_LINE_PX * (this.#nations.indexOf(column.nation) + 1);
    const places: [string, string, Ground | null][] = [
      ['launch', '▲', column.launch],
      ['impact', '✕', column.impact],
    ];
    for (const [name, sign, ground] of places) {
      if (!ground || !finite(ground.lat_deg, ground.lon_deg)) continue;
      const key = `${name} ${column.nation}`;
      const position = at(ground.lon_deg, ground.lat_deg);
      const version = `${ground.lon_deg} ${ground.lat_deg}`;
      this.#label(`${key} sign`, version, sign, position, colour, [0, 0]);
      this.#label(key, version, `${codeOf(column.nation)} ${name}`, position, colour, [0, 6 + down_px]);
      for (const shape of ground.ellipses) {
        if (!finite(shape.semi_major_m, shape.semi_minor_m, shape.azimuth_deg) || shape.probability > 0.95) continue;
        const outer = shape.probability > 0.7;
        this.#lines.put(
          `${key} ${shape.probability}`,
          `${version} ${shape.semi_major_m} ${shape.semi_minor_m} ${shape.azimuth_deg}`,
          () => ({
            positions: line(ellipse([ground.lon_deg, ground.lat_deg], shape)),
            width: outer ? 2 : 1,
            material: Material.fromType('Color', { color: outer ? colour : colour.withAlpha(0.7) }),
          }),
          (item) => (item.positions = line(ellipse([ground.lon_deg, ground.lat_deg], shape))),
        );
      }
    }
  }

  /** Where it may come down while no impact can be said. */
  #reach(column: Column): void {
    const outline = column.reachable?.outline ?? [];
    if (column.status === 'withdrawn' || outline.length < 3 || !outline.every((corner) => finite(...corner))) return;
    const colour = Color.fromCssColorString(colourOf(column.nation));
    const key = `reach ${column.nation}`;
    const version = outline.join();
    const positions = line([...outline, outline[0]!]);
    const southmost = outline.reduce((least, corner) => (corner[1] < least[1] ? corner : least));
    this.#lines.put(
      key,
      version,
      () => ({ positions, width: 2, material: Material.fromType('PolylineDash', { color: colour, dashLength: 16 }) }),
      (item) => (item.positions = positions),
    );
    const down_px = LABEL_LINE_PX * (this.#nations.indexOf(column.nation) + 1);
    this.#label(key, version, `${codeOf(column.nation)} reach`, at(...southmost), colour, [0, down_px]);
  }

  /** Where a nation that gives us no tracks last saw the object. */
  #observed(column: Column): void {
    if (!column.observed || column.status === 'withdrawn' || !finite(...column.observed)) return;
    const [lon_deg, lat_deg, alt_m] = column.observed;
    const colour = Color.fromCssColorString(colourOf(column.nation));
    const position = at(lon_deg, lat_deg, alt_m);
    const version = column.observed.join();
    const key = `observed ${column.nation}`;
    this.#points.put(key, version, () => ({ position, ...pointLook(colour, false, false) }), (point) => (point.position = position));
    this.#label(key, version, `${codeOf(column.nation)} last seen`, position, colour, [14, -16 - LABEL_LINE_PX * this.#nations.indexOf(column.nation)]);
  }

  #path(key: string, version: string, points: [number, number, number][], look: () => object): void {
    if (!points.every((point) => finite(...point))) return;
    const positions = points.map(([lon, lat, alt]) => at(lon, lat, alt));
    this.#lines.put(
      key,
      version,
      () => ({ positions, ...look() }),
      (item) => Object.assign(item, { positions, ...look() }),
    );
  }

  #label(key: string, version: string, text: string, position: Cartesian3, colour: Color, [right_px, down_px]: [number, number], within_m?: number): void {
    const look = { text, position, fillColor: colour };
    this.#labels.put(
      key,
      `${version} ${right_px} ${down_px}`,
      () => ({
        ...look,
        font: FONT,
        style: LabelStyle.FILL_AND_OUTLINE,
        outlineColor: Color.BLACK,
        outlineWidth: 4,
        horizontalOrigin: right_px > 0 ? HorizontalOrigin.LEFT : HorizontalOrigin.CENTER,
        verticalOrigin: VerticalOrigin.CENTER,
        pixelOffset: new Cartesian2(right_px, down_px),
        ...(within_m ? { distanceDisplayCondition: new DistanceDisplayCondition(0, within_m) } : {}),
      }),
      (item) => Object.assign(item, { ...look, pixelOffset: new Cartesian2(right_px, down_px) }),
    );
  }
}

/** All nations that say something, our own first. */
function nationsOf(view: View, event: Event | null): string[] {
  const said = [...view.tracks.map((track) => track.origin), ...(event?.columns.map((column) => column.nation) ?? [])];
  return [view.nation, ...[...new Set(said)].filter((nation) => nation !== view.nation).sort()];
}

function pointLook(colour: Color, firm: boolean, chosen: boolean): { pixelSize: number; color: Color; outlineColor: Color; outlineWidth: number } {
  return {
    pixelSize: chosen ? 12 : 8,
    color: firm ? colour : Color.BLACK,
    outlineColor: chosen ? Color.WHITE : firm ? Color.BLACK : colour,
    outlineWidth: 2,
  };
}
