// The plain console: everything as tables, for builds without the full console and for browsers without WebGL.
'use strict';
const STALE_S = 5;
const LOST_MS = 3000;
let view = null;
let heard = Date.now();

const element = (id) => document.getElementById(id);
const cell = (tag, text, className) => {
  const node = document.createElement(tag);
  node.textContent = text === null || text === undefined || text === '' ? '–' : String(text);
  if (className) node.className = className;
  return node;
};
function fill(table, head, rows) {
  const lines = [head.map((text) => cell('th', text)), ...rows.map((row) => row.map((text) => (text instanceof Node ? text : cell('td', text))))];
  table.replaceChildren(...lines.map((cells) => { const line = document.createElement('tr'); line.append(...cells); return line; }));
}
const number = (value, digits = 0) => (value === null || value === undefined ? null : value.toFixed(digits));
const clock = (iso) => (iso ? iso.slice(11, 19) + ' UTC' : null);
const place = (ground) => {
  if (!ground) return null;
  const ellipse = ground.ellipses.find((one) => one.probability === 0.9);
  const size = ellipse ? ` ± ${number(ellipse.semi_major_m / 1000, 1)} × ${number(ellipse.semi_minor_m / 1000, 1)} km (90 %)` : '';
  return `${number(Math.abs(ground.lat_deg), 2)}° ${ground.lat_deg < 0 ? 'S' : 'N'} ${number(Math.abs(ground.lon_deg), 2)}° ${ground.lon_deg < 0 ? 'W' : 'E'}${size}`;
};

const area = (reach) => {
  if (!reach) return null;
  const between = (which) => {
    const all = reach.outline.map((corner) => corner[which]);
    return `${number(Math.min(...all), 1)} to ${number(Math.max(...all), 1)}°`;
  };
  return `within latitudes ${between(1)}, longitudes ${between(0)}`;
};

const ROWS = [
  ['Status', 'status', (c) => c.status],
  ['Class', 'class', (c) => `${c.class} ${number(c.class_probability * 100)} %`],
  ['Warning', null, (c) => (c.warning ? 'YES' : 'no')],
  ['Launch time', 'launch_time', (c) => c.launch && `${clock(c.launch.time)} ± ${number(c.launch.time_sigma_s)} s`],
  ['Launch point', 'launch_point', (c) => place(c.launch)],
  ['Course', 'course', (c) => c.course_deg !== null && `${number(c.course_deg)}°`],
  ['Apogee', null, (c) => c.apogee_m !== null && `${number(c.apogee_m / 1000)} km`],
  ['Impact point', 'impact', (c) => place(c.impact) || area(c.reachable) || (c.status === 'preliminary' ? 'under thrust, not yet' : null)],
  ['Impact time', 'impact_time', (c) => c.impact && `${clock(c.impact.time)} ± ${number(c.impact.time_sigma_s)} s` || c.reachable && `${clock(c.reachable.from)} – ${clock(c.reachable.to)}`],
  ['Last observed', null, (c) => `${number(c.last_observed_age_s)} s ago`],
  ['Sensors', null, (c) => c.sources.join(', ')],
];

function eventTable(event) {
  const box = document.createElement('section');
  box.append(cell('h2', `Event ${event.id}: ${event.state}, ${event.sources} sensors`));
  const table = document.createElement('table');
  const differs = new Set(event.differences.map((one) => one.field));
  const rows = ROWS.map(([name, field, show]) => [
    cell('th', name),
    ...event.columns.map((column) => cell('td', show(column) || null, field && differs.has(field) ? 'differs' : '')),
    ...event.silent.map((one, index) => (name === 'Status' ? cell('td', one.why) : cell('td', ' '))),
  ]);
  fill(table, ['', ...event.columns.map((c) => c.nation.toUpperCase()), ...event.silent.map((s) => s.nation.toUpperCase())], rows);
  box.append(table);
  for (const one of event.differences) box.append(cell('p', one.text, 'differs'));
  for (const one of event.acks) {
    const receipts = one.receipts.map((r) => `${r.partner.toUpperCase()} ${r.state}${r.at ? ' ' + clock(r.at) : ''}`).join(', ');
    box.append(cell('p', `Acknowledged by ${one.nation.toUpperCase()} ${one.actor} at ${clock(one.acted)}${receipts ? ' · ' + receipts : ''}`));
  }
  if (event.own_ack_needed) {
    const button = cell('button', 'Acknowledge (A)');
    button.dataset.testid = 'ack';
    button.onclick = () => acknowledge(event);
    box.append(button);
  }
  return box;
}

async function acknowledge(event) {
  const answer = await fetch('/api/act', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-watchfire-csrf': view.csrf },
    body: JSON.stringify({ act: 'acknowledge', event_id: event.id, shown_digest: event.shown_digest }),
  });
  if (!answer.ok) window.alert((await answer.json()).error);
}

function show() {
  const live = view.realm === 'live';
  const banner = element('banner');
  banner.className = live ? 'live' : '';
  banner.textContent = live ? 'LIVE' : `EXERCISE ${view.realm.replace('exercise/', '')} · ${view.title}`;
  element('who').textContent = view.nation_name;
  element('now').textContent = `${view.now.slice(0, 10)} ${clock(view.now)}`;
  element('events').replaceChildren(...view.events.map(eventTable));
  fill(element('links'), ['Partner', 'Lane', 'Sending', 'Round trip', 'Without receipt', 'Receiving', 'Level', 'Why not more', 'Error'],
    view.links.map((l) => [l.partner_name, l.lane, `${l.sending.state}, ${l.sending.sent} sent`, l.sending.rtt_ms !== null && `${number(l.sending.rtt_ms, 1)} ms`,
      l.sending.waiting, `${l.receiving.state}, ${l.receiving.received} received`, l.receiving.level, l.receiving.terms, l.error].map((x) => (x === false ? null : x))));
  fill(element('tracks'), ['Nation', 'Track', 'Status', 'Latitude', 'Longitude', 'Height', 'Speed', 'Course', 'Age'],
    view.tracks.map((t) => [t.origin.toUpperCase(), t.id, t.status, number(t.lat_deg, 2), number(t.lon_deg, 2), `${number(t.alt_m / 1000)} km`, `${number(t.speed_mps / 1000, 2)} km/s`, `${number(t.course_deg)}°`, `${number(t.age_s, 1)} s`]));
  fill(element('sensors'), ['Sensor', 'Plots', 'Rejected', 'Last plot', 'Last error'],
    view.sensors.map((s) => [s.name + (s.notional ? ' (notional)' : ''), s.plots, s.rejected, s.last_plot_age_s !== null ? `${number(s.last_plot_age_s, 1)} s ago` : null, s.last_error]));
  fill(element('refusals'), ['Whom it came from', 'Why', 'Count', 'Last'], view.refusals.map((r) => [r.who, r.reason, r.count, clock(r.last)]));
  fill(element('withheld'), ['From', 'What', 'Why', 'Count'], view.withheld.map((w) => [w.partner.toUpperCase(), w.kind, w.reason, w.count]));
  fill(element('milestones'), ['When', 'What'], view.milestones.map((m) => [clock(m.at), m.text]));
  document.body.dataset.seq = view.seq;
}

function age() {
  const lost = Date.now() - heard > LOST_MS;
  document.body.classList.toggle('lost', lost);
  const data = element('data');
  const seconds = view && view.last_data_age_s !== null ? view.last_data_age_s + (Date.now() - heard) / 1000 : null;
  data.classList.toggle('stale', lost || (seconds !== null && seconds > STALE_S));
  data.textContent = lost ? `NO CONNECTION to the node for ${number((Date.now() - heard) / 1000)} s` : seconds === null ? 'no data yet' : `last data received ${number(seconds)} s ago`;
}

document.addEventListener('keydown', (event) => {
  if (event.key.toLowerCase() !== 'a' || event.ctrlKey || event.metaKey || event.altKey || !view) return;
  const waiting = view.events.find((one) => one.own_ack_needed);
  if (waiting) acknowledge(waiting);
});
const source = new EventSource('/api/events');
source.addEventListener('view', (message) => { view = JSON.parse(message.data); heard = Date.now(); show(); age(); });
setInterval(age, 250);
