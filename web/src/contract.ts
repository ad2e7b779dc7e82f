// What the node tells its console. The node's console server is the authority on the meaning of each field.
// GET /api/view answers a whole View; GET /api/events is a stream of server-sent events of type `view` with a whole View
// each; POST /api/act carries what the officer does.

/** A UTC instant, ISO 8601. */
export type Iso = string;

export interface View {
  /** Grows with each view of one node process. */
  seq: number;
  /** To be sent back as `X-Watchfire-Csrf` with each act. */
  csrf: string;
  nation: string;
  nation_name: string;
  /** `live` or `exercise/NAME`. */
  realm: string;
  /** The exercise's title, empty if none. */
  title: string;
  now: Iso;
  /** How fast the exercise's clock runs; 1 in live. */
  clock_speed: number;
  clock_bound_ms: number;
  build: string;
  /** Age of the newest plot or partner's entry. */
  last_data_age_s: number | null;
  sensors: Sensor[];
  tracks: Track[];
  /** Objects that several nations follow, from all their tracks: for our own eyes, never released. */
  combined: Combined[];
  events: Event[];
  links: Link[];
  /** Counted bad input, newest first. */
  refusals: Refusal[];
  /** What our own policy withheld from whom and why. */
  withheld: Withheld[];
  /** Newest first. */
  milestones: Milestone[];
}

export interface Sensor {
  id: string;
  name: string;
  nation: string;
  lat_deg: number;
  lon_deg: number;
  range_max_m: number;
  /** Made up for an exercise: describes no real system. */
  notional: boolean;
  plots: number;
  rejected: number;
  last_plot_age_s: number | null;
  last_error: string | null;
  health: SensorHealth;
}

export interface SensorHealth {
  /** `degraded`: it errs, its plots are kept apart, and it cannot establish a warning alone. `disputed`: it and another
   * sensor contradict each other, and nothing tells which of them errs. */
  standing: 'healthy' | 'disputed' | 'degraded';
  /** From when on it is not healthy, and why, in one line. */
  since: Iso | null;
  why: string | null;
  /** Plots heard twice, dropped. */
  duplicates: number;
  /** Plots that other sensors' plots of the same objects confirmed. */
  common_plots: number;
  /** Measured minus true; null where too little was seen in common with another sensor. */
  biases: { range_m: SensorBias; az_rad: SensorBias; el_rad: SensorBias; time_s: SensorBias } | null;
}

export interface SensorBias {
  value: number;
  /** The 95 % interval. */
  low: number;
  high: number;
  /** What is taken off the sensor's plots; null: nothing, since the interval holds zero. */
  applied: number | null;
}

export type TrackStatus = 'tentative' | 'firm' | 'coasting' | 'lost' | 'unknown';
/** Longitude (degrees), latitude (degrees), altitude (metres). */
export type Point = [number, number, number];

export interface Track {
  id: string;
  origin: string;
  status: TrackStatus;
  lat_deg: number;
  lon_deg: number;
  alt_m: number;
  speed_mps: number;
  course_deg: number;
  sigma_m: number;
  age_s: number;
  sources: string[];
  trail: Point[];
  /** Predicted path to impact; may be empty. */
  ahead: Point[];
}

/** `tracklet`: news added; `intersection`: may rest on common information; `single`: one nation's track is left. */
export type CombinedMethod = 'tracklet' | 'intersection' | 'single';

export interface Combined {
  id: string;
  /** The weakest way by which a track came in. */
  method: CombinedMethod;
  sources: { nation: string; track_id: string; method: CombinedMethod }[];
  lat_deg: number;
  lon_deg: number;
  alt_m: number;
  speed_mps: number;
  course_deg: number;
  /** One sigma of the position, all axes together. */
  sigma_m: number;
  age_s: number;
}

export interface Ellipse {
  probability: number;
  semi_major_m: number;
  semi_minor_m: number;
  /** Of the major axis, from true north to east. */
  azimuth_deg: number;
}

export interface Ground {
  lat_deg: number;
  lon_deg: number;
  time: Iso;
  time_sigma_s: number;
  ellipses: Ellipse[];
}

export type AssessmentStatus = 'preliminary' | 'established' | 'withdrawn' | 'unknown';

/** One nation's assessment of the event. */
export interface Column {
  nation: string;
  own: boolean;
  assessment_id: string;
  revision: number;
  status: AssessmentStatus;
  phase: string;
  class: string;
  class_probability: number;
  threat_probability: number;
  warning: boolean;
  launch: Ground | null;
  impact: Ground | null;
  /** Where it may come down with 90 % while it is under thrust or manoeuvres: corners [lon, lat], and when. */
  reachable: { outline: [number, number][]; from: string; to: string } | null;
  course_deg: number | null;
  apogee_m: number | null;
  /** At least, at most. */
  objects: [number, number];
  sources: string[];
  last_observed_age_s: number;
  /** Where it was then; of partners this is all that the warning level says of its place. */
  observed: Point | null;
  /** Null where that cannot be said. */
  under_thrust: boolean | null;
  received_latency_ms: number | null;
  sensed: Iso;
}

/** What nations disagree on beyond their uncertainty. */
export interface Difference {
  /** `launch_time`, `launch_point`, `class`, `course`, `impact`, `impact_time` or `status`. */
  field: string;
  nations: string[];
  /** One sentence. */
  text: string;
  sigmas: number | null;
}

export interface Receipt {
  partner: string;
  state: 'pending' | 'received';
  at: Iso | null;
}

export interface Ack {
  nation: string;
  own: boolean;
  actor: string;
  acted: Iso;
  receipts: Receipt[];
}

export type EventState = 'unconfirmed' | 'confirmed' | 'lost' | 'impacted' | 'ended';

export interface Event {
  id: string;
  state: EventState;
  opened: Iso;
  columns: Column[];
  /** Nations without a column, and why. */
  silent: { nation: string; why: string }[];
  /** Distinct physical sensors. */
  sources: number;
  differences: Difference[];
  acks: Ack[];
  /** Digest of what is shown: an acknowledgement signs it. */
  shown_digest: string;
  own_ack_needed: boolean;
}

export interface Link {
  partner: string;
  partner_name: string;
  lane: 'warning' | 'picture';
  sending: {
    state: 'connected' | 'connecting' | 'down';
    sent: number;
    receipted: number;
    waiting: number;
    rtt_ms: number | null;
    epoch: number;
  };
  receiving: {
    state: 'connected' | 'down';
    received: number;
    epoch: number;
    last_head_age_s: number | null;
    one_way_ms: number | null;
    /** What this partner grants us and why not more. */
    terms: string;
    level: string;
  };
  error: string | null;
}

export interface Refusal {
  who: string;
  reason: string;
  count: number;
  last: Iso;
}

export interface Withheld {
  partner: string;
  kind: string;
  level: string;
  reason: string;
  count: number;
}

export interface Milestone {
  at: Iso;
  text: string;
}
