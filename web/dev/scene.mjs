// An invented stream of views, for developing the console alone. Plausible in shape; no number in it is measured.

const RAD = Math.PI / 180;
const EARTH_RADIUS_M = 6_371_008.8;
const T0 = Date.parse('2022-10-03T22:22:00Z');
const LAUNCH = [126.43, 40.61];
const AZIMUTH_DEG = 86;
const RANGE_M = 4_560_000;
const APOGEE_M = 985_000;
const FLIGHT_S = 1320;
const BURN_S = 150;
const NAMES = { jpn: 'Japan', kor: 'Republic of Korea', usa: 'United States of America' };
const SENSORS = {
  jpn: [['jpn-ominato', 'Ominato, FPS-5', 41.28, 141.12, 1.8e6], ['jpn-sado', 'Sado, FPS-5', 38.09, 138.35, 1.8e6], ['jpn-ship', 'Ship in the Sea of Japan', 39.2, 134.6, 1.2e6]],
  kor: [['kor-cheongju', 'Cheongju, long-range radar', 36.7, 127.5, 1e6], ['kor-boeun', 'Boeun, long-range radar', 36.49, 127.73, 1e6], ['kor-ship', 'Ship in the sea east of Korea', 38.8, 129.8, 1e6]],
  usa: [['usa-shariki', 'Shariki, TPY-2', 40.89, 140.34, 1.8e6], ['usa-kyogamisaki', 'Kyogamisaki, TPY-2', 35.77, 135.22, 1.8e6]],
};

function destination([lon, lat], azimuth_deg, distance_m) {
  const arc = distance_m / EARTH_RADIUS_M;
  const there = Math.asin(Math.sin(lat * RAD) * Math.cos(arc) + Math.cos(lat * RAD) * Math.sin(arc) * Math.cos(azimuth_deg * RAD));
  const turned = Math.atan2(Math.sin(azimuth_deg * RAD) * Math.sin(arc) * Math.cos(lat * RAD), Math.cos(arc) - Math.sin(lat * RAD) * Math.sin(there));
  return [lon + turned / RAD, there / RAD];
}

/** Longitude, latitude, altitude of the object `t` seconds after launch, with a small offset for each nation. */
function position(t, off_m = 0) {
  const share = Math.min(1, Math.max(0, t / FLIGHT_S)) ** 1.06;
  const [lon, lat] = destination(LAUNCH, AZIMUTH_DEG, share * RANGE_M);
  const [lon_off, lat_off] = destination([lon, lat], 10, off_m);
  return [lon_off, lat_off, Math.max(0, 4 * APOGEE_M * share * (1 - share))];
}

const iso = (t) => new Date(T0 + t * 1000).toISOString();
const round = (value, digits = 3) => Number(value.toFixed(digits));

function ground([lon_deg, lat_deg], time_s, sigma_s, major_m, minor_m, azimuth_deg) {
  const ellipses = [0.5, 0.9, 0.99].map((probability) => {
    const scale = Math.sqrt(-2 * Math.log1p(-probability));
    return { probability, semi_major_m: major_m * scale, semi_minor_m: minor_m * scale, azimuth_deg };
  });
  return { lat_deg, lon_deg, time: iso(time_s), time_sigma_s: sigma_s, ellipses };
}

const OFFSET_M = { jpn: 0, kor: 3000, usa: -2000 };
const FIRST_S = { jpn: 48, kor: 31, usa: 39 };
/** Korea's radars reach 1,000 km: it loses the object. */
const LAST_S = { jpn: FLIGHT_S, kor: 330, usa: 1000 };

function track(nation, t) {
  const seen = Math.min(t, LAST_S[nation]);
  const [lon_deg, lat_deg, alt_m] = position(t, OFFSET_M[nation]);
  const age_s = Math.max(0.2, t - LAST_S[nation]);
  const trail = [];
  for (let at = FIRST_S[nation]; at <= seen; at += 10) trail.push(position(at, OFFSET_M[nation]));
  trail.push(position(seen, OFFSET_M[nation]));
  const ahead = [];
  if (t > BURN_S + 10) for (let share = 0; share <= 1; share += 0.02) ahead.push(position(t + (FLIGHT_S - t) * share, OFFSET_M[nation]));
  const status = t < FIRST_S[nation] + 5 ? 'tentative' : age_s < 3 ? 'firm' : age_s < 300 ? 'coasting' : 'lost';
  return { id: `${nation[0].toUpperCase()}-7`, origin: nation, status, lat_deg: round(lat_deg), lon_deg: round(lon_deg), alt_m: round(alt_m, 0), speed_mps: 4180, course_deg: 88, sigma_m: 140 + 9 * age_s, age_s: round(age_s, 1), sources: SENSORS[nation].slice(0, 2).map(([id]) => id), trail, ahead };
}

function column(nation, own, t) {
  const since = t - FIRST_S[nation];
  const established = t > BURN_S + 20 + (nation === 'kor' ? 25 : 0);
  const narrow = Math.max(1, 9 - since / 60);
  const end = position(FLIGHT_S, OFFSET_M[nation]);
  const late_s = nation === 'kor' ? 14 : 0;
  const impact = established ? ground([end[0] + (nation === 'kor' ? 0.5 : 0), end[1] + OFFSET_M[nation] / 3e5], FLIGHT_S + late_s, 1.5 * narrow, 2500 * narrow, 900 * narrow, 84) : null;
  // Under thrust: from near the launch to far down range, wider the farther.
  const from = position(FLIGHT_S * 0.4, OFFSET_M[nation]);
  const fan = [[from[0], from[1] - 1.5], [end[0] + 6, end[1] - 7], [end[0] + 9, end[1]], [end[0] + 6, end[1] + 6], [from[0], from[1] + 1.5]];
  const reachable = t < BURN_S ? { outline: fan, from: iso(300), to: iso(FLIGHT_S + 200) } : null;
  return {
    nation, own, reachable, assessment_id: `${nation}-a3`, revision: 1 + Math.floor(since / 4), status: established ? 'established' : 'preliminary', phase: since < 4 ? 'initial' : 'update',
    class: nation === 'kor' && t < 240 ? 'unknown' : 'ballistic', class_probability: nation === 'kor' && t < 240 ? 0.55 : Math.min(0.995, 0.7 + since / 600), threat_probability: Math.min(0.998, 0.5 + since / 300), warning: established,
    launch: ground([LAUNCH[0] + OFFSET_M[nation] / 1e5, LAUNCH[1]], nation === 'kor' ? 6 : 0, 2.2, 1500 * narrow, 600 * narrow, 80), impact,
    course_deg: 85.7 + OFFSET_M[nation] / 3000, apogee_m: established ? APOGEE_M + OFFSET_M[nation] * 2 : null, objects: nation === 'usa' ? [1, 2] : [1, 1],
    sources: SENSORS[nation].slice(0, nation === 'kor' ? 1 : 2).map(([id]) => id), last_observed_age_s: round(Math.max(0.3, t - LAST_S[nation]), 1),
    observed: position(Math.min(t, LAST_S[nation]), OFFSET_M[nation]), under_thrust: t < BURN_S,
    received_latency_ms: own ? null : 11.4, sensed: iso(t - 0.3),
  };
}

/** The view of `nation`, `t` seconds after launch (negative: before it). */
export function viewAt(nation, t, state) {
  const nations = Object.keys(NAMES);
  const seen = (one) => t > FIRST_S[one];
  const telling = nations.filter((one) => seen(one) && !(state.silent ?? []).includes(one));
  // Japan grants Korea the level `warning` only: no tracks.
  const tracks = t < FLIGHT_S ? nations.filter((one) => telling.includes(one) && !(nation === 'kor' && one === 'jpn')).map((one) => track(one, t)) : [];
  const columns = telling.map((one) => column(one, one === nation, t));
  const differences = [];
  if (columns.length > 1 && t < 260 && telling.includes('kor')) differences.push({ field: 'launch_time', nations: ['kor', 'jpn'], text: 'Korea says the launch was 6 s later than Japan says.', sigmas: 3.4 });
  if (columns.length > 1 && t > 200 && telling.includes('kor')) differences.push({ field: 'impact_time', nations: ['kor', 'usa'], text: 'Korea expects the impact 14 s later than the United States does.', sigmas: 4.1 });
  const sources = new Set(columns.flatMap((one) => one.sources)).size;
  const events = columns.length === 0 ? [] : [{
    id: 'E-1', state: t > FLIGHT_S + 60 ? 'ended' : columns.length > 1 ? 'confirmed' : 'unconfirmed', opened: iso(Math.min(...telling.map((one) => FIRST_S[one]))), columns,
    silent: nations.filter((one) => !telling.includes(one)).map((one) => ({ nation: one, why: state.silent?.includes(one) ? 'Its link has been down for 42 s; nothing of it is known since 22:21:18Z.' : 'No assessment of this launch has arrived; its link is up.' })),
    sources, differences, acks: state.acks, shown_digest: 'c0ffee'.repeat(10) + 'beef', own_ack_needed: !state.acks.some((ack) => ack.own),
  }];
  if (state.second && columns.length > 0) events.push({ ...events[0], id: 'E-2', opened: iso(t - 5), differences: [], acks: [], own_ack_needed: true, columns: [column(nation, true, FIRST_S[nation] + 3)] });
  const links = nations.filter((one) => one !== nation).flatMap((partner) => ['warning', 'picture'].map((lane) => {
    const down = (state.silent ?? []).includes(partner);
    const grant = nation === 'kor' && partner === 'jpn';
    return {
      partner, partner_name: NAMES[partner], lane,
      sending: { state: down ? 'connecting' : 'connected', sent: lane === 'warning' ? 38 : 1240, receipted: lane === 'warning' ? 38 - (down ? 12 : 0) : 1240 - (down ? 300 : 0), waiting: down ? (lane === 'warning' ? 12 : 300) : 0, rtt_ms: down ? null : 3.4, epoch: 1 },
      receiving: { state: down ? 'down' : 'connected', received: lane === 'warning' ? 36 : 1190, epoch: 1, last_head_age_s: down ? 42 : 0.4, one_way_ms: down ? null : 1.7, level: grant ? 'warning' : 'track', terms: grant ? 'warning level only: Japan’s rule "kor-warning-only" names no agreement on tracks with Korea' : 'track level: assessments and tracks' },
      error: down ? 'connection refused; next attempt in 2 s' : null,
    };
  }));
  return {
    seq: state.seq, csrf: 'fake', nation, nation_name: NAMES[nation], realm: state.live ? 'live' : 'exercise/2022-10-04', title: state.live ? '' : 'A missile over northern Japan, 4 October 2022', now: iso(t), clock_speed: state.speed, clock_bound_ms: 1.2, build: 'fake',
    last_data_age_s: state.stale_s ?? 0.3,
    sensors: SENSORS[nation].map(([id, name, lat_deg, lon_deg, range_max_m], at) => ({ id, name, nation, lat_deg, lon_deg, range_max_m, notional: true, plots: 900 + at, rejected: at === 1 ? 3 : 0, last_plot_age_s: 0.3 + at / 3, last_error: null, health: { standing: at === 2 ? 'degraded' : 'healthy', since: at === 2 ? '2022-10-03T22:24:10Z' : null, why: at === 2 ? 'its clock jumped by +2.0 s' : null, duplicates: 0, common_plots: 40, biases: null } })),
    tracks: [...tracks, ...many(state.many ?? 0, t, nation)], combined: combined(tracks), events, links,
    refusals: state.refused ? [{ who: 'sensor jpn-sado', reason: 'line 4411: el_rad 7.2 is outside −π/2 … π/2', count: 3, last: iso(t - 9) }, { who: 'peer kor', reason: 'signature of a body is bad', count: 1, last: iso(t - 30) }] : [],
    withheld: nation === 'jpn' ? [{ partner: 'kor', kind: 'track_batch', level: 'track', reason: 'rule "kor-warning-only": tracks are not released to Korea', count: Math.max(0, Math.floor(t)) }] : [],
    milestones: columns.length === 0 ? [] : [{ at: iso(FIRST_S.jpn + 2), text: 'Assessment of Japan reached the United States after 11 ms' }, { at: iso(FIRST_S.usa), text: 'First assessment: preliminary, unknown' }, { at: iso(FIRST_S.kor), text: 'Firm track K-7' }, { at: iso(28), text: 'First plot by kor-ship' }],
  };
}

/** What the tracks say together of the one object. */
function combined(tracks) {
  const seen = tracks.filter((one) => ['firm', 'coasting'].includes(one.status));
  if (seen.length < 2) return [];
  const mean = (of) => seen.reduce((sum, one) => sum + of(one), 0) / seen.length;
  const sources = seen.map((one) => ({ nation: one.origin, track_id: one.id, method: 'tracklet' }));
  return [{ id: 'C-1', method: 'tracklet', sources, lat_deg: mean((one) => one.lat_deg), lon_deg: mean((one) => one.lon_deg), alt_m: mean((one) => one.alt_m), speed_mps: 4180, course_deg: 88, sigma_m: 90, age_s: Math.min(...seen.map((one) => one.age_s)) }];
}

/** Further tracks, to see how the console bears many. */
function many(count, t, origin) {
  return Array.from({ length: count }, (_, at) => {
    const lon_deg = 125 + (at % 25) + t / 100;
    const lat_deg = 30 + Math.floor(at / 25) * 0.9;
    const trail = Array.from({ length: 20 }, (_, back) => [lon_deg - (20 - back) / 10, lat_deg, 9000]);
    return { id: `X-${at}`, origin, status: 'firm', lat_deg, lon_deg, alt_m: 9000, speed_mps: 240, course_deg: 90, sigma_m: 90, age_s: 0.4, sources: ['x'], trail, ahead: [] };
  });
}
