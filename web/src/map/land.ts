// The map's ground: Natural Earth's coasts and borders, drawn dark, tile by tile, by this page itself.

import { Event as CesiumEvent, GeographicTilingScheme, type ImageryProvider } from '@cesium/engine';
import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import atlasText from 'world-atlas/countries-50m.json?raw';

const SEA = '#0b1620';
const LAND = '#1d2b34';
const COAST = '#64879a';
const BORDER = '#435a68';
const GRATICULE = '#152330';
/** Large, so that few levels need to be loaded before coasts are sharp, also where there is no graphics card. */
const TILE_PIXELS = 512;
const LEVEL_MAX = 6;

interface Line {
  points: number[][];
  west: number;
  south: number;
  east: number;
  north: number;
}

/** Natural Earth cuts land at the antimeridian and at the pole; the cuts are no coasts. */
const isCut = (from: number[], to: number[]): boolean =>
  (Math.abs(from[0]!) > 179.99 && Math.abs(to[0]!) > 179.99) || (from[1]! < -89.9 && to[1]! < -89.9);

function lineOf(points: number[][]): Line {
  const line: Line = { points, west: 180, south: 90, east: -180, north: -90 };
  for (const [lon, lat] of points as [number, number][]) {
    line.west = Math.min(line.west, lon);
    line.east = Math.max(line.east, lon);
    line.south = Math.min(line.south, lat);
    line.north = Math.max(line.north, lat);
  }
  return line;
}

function load(): { land: Line[]; coasts: Line[]; borders: Line[] } {
  const atlas = JSON.parse(atlasText) as Topology<{ countries: GeometryCollection; land: GeometryCollection }>;
  const land: Line[] = [];
  for (const { geometry } of feature(atlas, atlas.objects.land).features) {
    const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.type === 'MultiPolygon' ? geometry.coordinates : [];
    for (const polygon of polygons) for (const ring of polygon) land.push(lineOf(ring));
  }
  const coasts = mesh(atlas, atlas.objects.countries as never, (left: unknown, right: unknown) => left === right);
  const borders = mesh(atlas, atlas.objects.countries as never, (left: unknown, right: unknown) => left !== right);
  return { land, coasts: coasts.coordinates.map(lineOf), borders: borders.coordinates.map(lineOf) };
}

/** Imagery for the globe, made without a request to anybody. */
export function landImagery(): ImageryProvider {
  const scheme = new GeographicTilingScheme();
  const data = load();

  function draw(x: number, y: number, level: number): HTMLCanvasElement {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = TILE_PIXELS;
    const pen = canvas.getContext('2d', { alpha: false })!;
    const span_deg = 180 / 2 ** level;
    const west = -180 + x * span_deg;
    const north = 90 - y * span_deg;
    const scale = TILE_PIXELS / span_deg;
    const margin_deg = 2 / scale;
    const near = (line: Line): boolean =>
      line.east > west - margin_deg && line.west < west + span_deg + margin_deg &&
      line.north > north - span_deg - margin_deg && line.south < north + margin_deg &&
      Math.max(line.east - line.west, line.north - line.south) * scale > 0.7;
    const trace = (line: Line, cuts: boolean): void => {
      line.points.forEach((point, at) => {
        const px = (point[0]! - west) * scale;
        const py = (north - point[1]!) * scale;
        if (at === 0 || (cuts && isCut(line.points[at - 1]!, point))) pen.moveTo(px, py);
        else pen.lineTo(px, py);
      });
    };

    pen.fillStyle = SEA;
    pen.fillRect(0, 0, TILE_PIXELS, TILE_PIXELS);
    pen.strokeStyle = GRATICULE;
    pen.lineWidth = 1;
    pen.beginPath();
    const step_deg = level >= 4 ? 5 : 10;
    for (let lon = Math.ceil(west / step_deg) * step_deg; lon <= west + span_deg; lon += step_deg) {
      pen.moveTo((lon - west) * scale, 0);
      pen.lineTo((lon - west) * scale, TILE_PIXELS);
    }
    for (let lat = Math.floor(north / step_deg) * step_deg; lat >= north - span_deg; lat -= step_deg) {
      pen.moveTo(0, (north - lat) * scale);
      pen.lineTo(TILE_PIXELS, (north - lat) * scale);
    }
    pen.stroke();

    pen.fillStyle = LAND;
    pen.beginPath();
    for (const line of data.land) if (near(line)) trace(line, false);
    pen.fill('evenodd');
    for (const [lines, colour, width] of [[data.borders, BORDER, 0.8], [data.coasts, COAST, 1]] as const) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.beginPath();
      for (const line of lines) if (near(line)) trace(line, true);
      pen.stroke();
    }
    return canvas;
  }

  const provider = {
    tilingScheme: scheme,
    rectangle: scheme.rectangle,
    tileWidth: TILE_PIXELS,
    tileHeight: TILE_PIXELS,
    minimumLevel: 0,
    maximumLevel: LEVEL_MAX,
    hasAlphaChannel: false,
    errorEvent: new CesiumEvent(),
    credit: undefined,
    proxy: undefined,
    tileDiscardPolicy: undefined,
    getTileCredits: () => [],
    requestImage: (x: number, y: number, level: number) => Promise.resolve(draw(x, y, level)),
    pickFeatures: () => undefined,
  };
  return provider as unknown as ImageryProvider;
}
