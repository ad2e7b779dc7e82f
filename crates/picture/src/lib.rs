//! One nation's own sensors to plots, tracks, assessments.
