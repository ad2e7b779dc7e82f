// Lines on the ground, in longitude and latitude.

import type { Ellipse } from '../contract';

/** Longitude and latitude, degrees. */
export type LonLat = [number, number];

/** Mean radius of the Earth (IUGG R1), metres: good enough to draw with. */
const EARTH_RADIUS_M = 6_371_008.8;
const RAD = Math.PI / 180;

/** The place at `distance_m` from another in direction `azimuth_deg`, on a sphere. */
export function destination([lon_deg, lat_deg]: LonLat, azimuth_deg: number, distance_m: number): LonLat {
  const arc = distance_m / EARTH_RADIUS_M;
  const lat = lat_deg * RAD;
  const azimuth = azimuth_deg * RAD;
  const lat_there = Math.asin(Math.sin(lat) * Math.cos(arc) + Math.cos(lat) * Math.sin(arc) * Math.cos(azimuth));
  const turned = Math.atan2(
    Math.sin(azimuth) * Math.sin(arc) * Math.cos(lat),
    Math.cos(arc) - Math.sin(lat) * Math.sin(lat_there),
  );
  return [lon_deg + turned / RAD, lat_there / RAD];
}

/** The distance between two places on a sphere, metres. */
export function distance_m([lon_a, lat_a]: LonLat, [lon_b, lat_b]: LonLat): number {
  const north = Math.sin(((lat_b - lat_a) * RAD) / 2);
  const east = Math.sin(((lon_b - lon_a) * RAD) / 2);
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(north * north + Math.cos(lat_a * RAD) * Math.cos(lat_b * RAD) * east * east)));
}

/** The greatest distance between corners of an area, metres. */
export function extent_m(outline: LonLat[]): number {
  let most = 0;
  outline.forEach((one, at) => outline.slice(at + 1).forEach((other) => (most = Math.max(most, distance_m(one, other)))));
  return most;
}

/** A closed line around `centre`. */
export function circle(centre: LonLat, radius_m: number, corners = 96): LonLat[] {
  return Array.from({ length: corners + 1 }, (_, at) => destination(centre, (360 * at) / corners, radius_m));
}

/** An error ellipse as a closed line around `centre`. */
export function ellipse(centre: LonLat, shape: Ellipse, corners = 72): LonLat[] {
  return Array.from({ length: corners + 1 }, (_, at) => {
    const angle = (2 * Math.PI * at) / corners;
    const along_m = shape.semi_major_m * Math.cos(angle);
    const across_m = shape.semi_minor_m * Math.sin(angle);
    const azimuth_deg = shape.azimuth_deg + Math.atan2(across_m, along_m) / RAD;
    return destination(centre, azimuth_deg, Math.hypot(along_m, across_m));
  });
}
