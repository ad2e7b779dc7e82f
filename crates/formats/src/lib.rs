//! Plot files, sensor files, track and assessment files: codecs, no decisions.
