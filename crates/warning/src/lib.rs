//! Joins the nations' assessments of one launch into an event, side by side.
