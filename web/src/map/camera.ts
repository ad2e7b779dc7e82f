// Where the camera looks: at all that matters, from straight above, north up, until somebody moves it.

import { BoundingSphere, type Camera, Cartesian3, Cartographic, EasingFunction, Math as CesiumMath, Matrix4, type PerspectiveFrustum, Transforms } from '@cesium/engine';
import type { Event, View } from '../contract';
import { circle, extent_m } from './geo';

const FILL = 0.82;
const RANGE_MIN_M = 400_000;
const FLIGHT_S = 1.2;
/** A larger area is not shown whole. */
const REACH_SHOWN_M = 4_000_000;

/** The places that the camera should show: those of the event, else the nation's own sensors. */
export function placesOf(view: View, event: Event | null): Cartesian3[] {
  const places: Cartesian3[] = [];
  const add = (lon: number, lat: number, alt = 0): void => {
    if (Number.isFinite(lon) && Number.isFinite(lat) && Number.isFinite(alt)) places.push(Cartesian3.fromDegrees(lon, lat, alt));
  };
  for (const column of event?.columns ?? []) {
    if (column.launch) add(column.launch.lon_deg, column.launch.lat_deg);
    if (column.impact) add(column.impact.lon_deg, column.impact.lat_deg);
    // Half a world would show nothing.
    const outline = column.reachable?.outline ?? [];
    if (extent_m(outline) < REACH_SHOWN_M) for (const [lon, lat] of outline) add(lon, lat);
  }
  if (event) for (const track of view.tracks) if (track.status !== 'lost') add(track.lon_deg, track.lat_deg, track.alt_m);
  if (places.length === 0) for (const track of view.tracks) add(track.lon_deg, track.lat_deg, track.alt_m);
  if (places.length < 2) {
    for (const sensor of view.sensors) for (const [lon, lat] of circle([sensor.lon_deg, sensor.lat_deg], 600_000, 8)) add(lon, lat);
  }
  return places;
}

interface Stand {
  position: Cartesian3;
  up: Cartesian3;
  range_m: number;
}

/** Where the camera stands to see all places; nothing where there are none. */
function standFor(camera: Camera, places: Cartesian3[]): Stand | null {
  if (places.length === 0) return null;
  const frustum = camera.frustum as PerspectiveFrustum;
  const aspect = frustum.aspectRatio ?? 1;
  const half = Math.tan((frustum.fov ?? CesiumMath.PI_OVER_THREE) / 2) * FILL;
  const tan_across = aspect >= 1 ? half : half * aspect;
  const tan_up = aspect >= 1 ? half / aspect : half;
  const centre = BoundingSphere.fromPoints(places).center;
  const frame = Transforms.eastNorthUpToFixedFrame(centre);
  const back = Matrix4.inverseTransformation(frame, new Matrix4());
  let range_m = RANGE_MIN_M;
  for (const place of places) {
    const local = Matrix4.multiplyByPoint(back, place, new Cartesian3());
    range_m = Math.max(range_m, Math.abs(local.x) / tan_across + local.z, Math.abs(local.y) / tan_up + local.z);
  }
  const position = Matrix4.multiplyByPoint(frame, new Cartesian3(0, 0, range_m), new Cartesian3());
  return { position, up: centre, range_m };
}

export class Follow {
  readonly #camera: Camera;
  #stand: Stand | null = null;
  on = true;

  constructor(camera: Camera) {
    this.#camera = camera;
  }

  /** Forgets where the camera went, so that the next `to` moves it. */
  reset(): void {
    this.#stand = null;
  }

  /** Moves the camera if what is to be seen has moved much. */
  to(places: Cartesian3[]): void {
    if (!this.on) return;
    const stand = standFor(this.#camera, places);
    if (!stand) return;
    const first = this.#stand === null;
    const near =
      this.#stand !== null &&
      Cartesian3.distance(stand.position, this.#stand.position) < 0.1 * this.#stand.range_m &&
      Math.abs(stand.range_m / this.#stand.range_m - 1) < 0.1;
    if (near) return;
    this.#stand = stand;
    const still = first || matchMedia('(prefers-reduced-motion: reduce)').matches;
    const height_m = Cartographic.fromCartesian(stand.position)?.height ?? stand.range_m;
    const orientation = { heading: 0, pitch: -CesiumMath.PI_OVER_TWO, roll: 0 };
    if (still) this.#camera.setView({ destination: stand.position, orientation });
    else {
      this.#camera.flyTo({
        destination: stand.position,
        orientation,
        duration: FLIGHT_S,
        maximumHeight: height_m * 1.05,
        easingFunction: EasingFunction.CUBIC_OUT,
      });
    }
  }
}
