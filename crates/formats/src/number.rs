//! Numbers as files write them.

/// A finite number, or what was wrong with the text.
pub(crate) fn finite(column: &str, text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(format!("expected a finite number in column {column}, found `{}`", short(text))),
        Err(_) if text.trim().is_empty() => {
            Err(format!("expected a number in column {column}, found nothing"))
        }
        Err(_) => Err(format!("expected a number in column {column}, found `{}`", short(text))),
    }
}

/// A text for a message: one line, not long.
pub(crate) fn short(text: &str) -> String {
    const CHARACTERS_MAX: usize = 40;
    let mut shown: String =
        text.chars().take(CHARACTERS_MAX).map(|c| if c.is_control() { '?' } else { c }).collect();
    if text.chars().count() > CHARACTERS_MAX {
        shown.push('…');
    }
    shown
}
