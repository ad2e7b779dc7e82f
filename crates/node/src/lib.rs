//! One nation's node: step, driver, shell.
