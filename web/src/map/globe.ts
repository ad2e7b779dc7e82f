// The globe: a bare ellipsoid with our own tiles, drawn only when something changes.

import '@cesium/engine/Source/Widget/CesiumWidget.css';
import {
  Cartesian2,
  CesiumWidget,
  Clock,
  Color,
  Credit,
  CreditDisplay,
  ImageryLayer,
  JulianDate,
  Math as CesiumMath,
  SceneTransforms,
} from '@cesium/engine';
import type { Event, View } from '../contract';
import { Follow, placesOf } from './camera';
import { landImagery } from './land';
import { Picture } from './scene';

/** How near the pointer must be to a track, pixels. */
const REACH_PX = 14;

export interface MapEvents {
  /** Somebody moved the camera. */
  moved(): void;
  /** A track is under the pointer, or none. */
  point(key: string | null): void;
  choose(key: string): void;
  /** The map cannot go on. */
  fail(): void;
}

export interface WatchMap {
  show(view: View, event: Event | null, chosen: string | null): void;
  follow(): void;
  stop(): void;
}

/** Starts the map in `container`; throws where the machine cannot draw it. */
export function startMap(container: HTMLElement, on: MapEvents): WatchMap {
  // The engine's default credit is a logo of a service that is not used here.
  CreditDisplay.cesiumCredit = new Credit('CesiumJS');
  const widget = new CesiumWidget(container, {
    baseLayer: new ImageryLayer(landImagery()),
    skyBox: false,
    skyAtmosphere: false,
    requestRenderMode: true,
    maximumRenderTimeChange: Infinity,
    showRenderLoopErrors: false,
    creditContainer: document.createElement('div'),
    // Neither sun nor stars are drawn, so the scene's time means nothing; before 1975 the engine loads no tables of
    // the Earth's orientation for it.
    clock: new Clock({ currentTime: JulianDate.fromIso8601('1970-01-01T00:00:00Z'), shouldAnimate: false }),
    msaaSamples: 4,
  });
  const { scene, camera, canvas } = widget;
  scene.backgroundColor = Color.fromCssColorString('#05080b');
  scene.fog.enabled = false;
  if (scene.sun) scene.sun.show = false;
  if (scene.moon) scene.moon.show = false;
  scene.globe.showGroundAtmosphere = false;
  scene.globe.enableLighting = false;
  scene.globe.baseColor = Color.fromCssColorString('#0b1620');
  scene.screenSpaceCameraController.minimumZoomDistance = 20_000;
  scene.screenSpaceCameraController.maximumZoomDistance = 40_000_000;
  camera.percentageChanged = 0.05;

  const picture = new Picture(scene);
  const follow = new Follow(camera);
  let newest: { view: View; event: Event | null } | null = null;
  const refollow = (): void => {
    if (newest) follow.to(placesOf(newest.view, newest.event));
    scene.requestRender();
  };

  const stopping = new AbortController();
  const listen = { signal: stopping.signal };
  const moved = (): void => {
    follow.on = false;
    on.moved();
  };
  let pressed: Cartesian2 | null = null;
  canvas.addEventListener('wheel', moved, { ...listen, passive: true });
  canvas.addEventListener('pointerdown', (event) => (pressed = new Cartesian2(event.offsetX, event.offsetY)), listen);
  canvas.addEventListener('pointerup', (event) => {
    const here = new Cartesian2(event.offsetX, event.offsetY);
    const dragged = pressed !== null && Cartesian2.distance(pressed, here) > 4;
    pressed = null;
    const key = dragged ? null : trackAt(here);
    if (key) on.choose(key);
  }, listen);
  canvas.addEventListener('pointermove', (event) => {
    const here = new Cartesian2(event.offsetX, event.offsetY);
    if (pressed !== null) {
      if (Cartesian2.distance(pressed, here) > 4) moved();
      return;
    }
    on.point(trackAt(here));
  }, listen);
  canvas.addEventListener('pointerleave', () => on.point(null), listen);
  canvas.addEventListener('webglcontextlost', () => on.fail(), listen);
  scene.renderError.addEventListener(() => on.fail());
  const resized = new ResizeObserver(() => {
    if (canvas.clientWidth === 0) return;
    follow.reset();
    requestAnimationFrame(refollow);
  });
  resized.observe(container);

  function trackAt(pointer: Cartesian2): string | null {
    let nearest: string | null = null;
    let distance_px = REACH_PX;
    for (const [key, position] of picture.tracks) {
      const on_screen = SceneTransforms.worldToWindowCoordinates(scene, position);
      if (!on_screen) continue;
      const this_px = Cartesian2.distance(on_screen, pointer);
      if (this_px >= distance_px) continue;
      distance_px = this_px;
      nearest = key;
    }
    return nearest;
  }

  camera.setView({ destination: undefined, orientation: { heading: 0, pitch: -CesiumMath.PI_OVER_TWO, roll: 0 } });
  return {
    show(view, event, chosen) {
      newest = { view, event };
      if (picture.show(view, event, chosen)) scene.requestRender();
      follow.to(placesOf(view, event));
    },
    follow() {
      follow.on = true;
      follow.reset();
      refollow();
    },
    stop() {
      stopping.abort();
      resized.disconnect();
      widget.destroy();
    },
  };
}
