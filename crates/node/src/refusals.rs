//! Counts what was turned away, and tells the node at most once a second of each peer: a flood of bad frames fills no
//! journal.

use std::collections::BTreeMap;

/// Told at most so often of each peer, nanoseconds.
const TELL_EVERY_NS: u64 = 1_000_000_000;
/// Peers and reasons counted apart at one time; more of them fall under "and others".
const KINDS_MAX: usize = 64;

/// Counts that wait to be told.
#[derive(Debug, Default)]
pub struct Refusals {
    waiting: BTreeMap<(String, String), u32>,
    told_ns: BTreeMap<String, u64>,
}

impl Refusals {
    /// Counts one.
    pub fn count(&mut self, who: String, reason: String) {
        let key = (who, reason);
        if self.waiting.len() >= KINDS_MAX && !self.waiting.contains_key(&key) {
            let others = ("others".to_owned(), "too many kinds of refusals to list".to_owned());
            *self.waiting.entry(others).or_default() += 1;
            return;
        }
        let count = self.waiting.entry(key).or_default();
        *count = count.saturating_add(1);
    }

    /// What is due to be told: (who, why, how often).
    pub fn due(&mut self, mono_ns: u64) -> Vec<(String, String, u32)> {
        let told = &self.told_ns;
        let is_due =
            |who: &str| told.get(who).is_none_or(|last| mono_ns.saturating_sub(*last) >= TELL_EVERY_NS);
        let due: Vec<(String, String)> =
            self.waiting.keys().filter(|(who, _)| is_due(who)).cloned().collect();
        if self.told_ns.len() > KINDS_MAX {
            self.told_ns.retain(|_, last| mono_ns.saturating_sub(*last) < TELL_EVERY_NS);
        }
        due.into_iter()
            .map(|key| {
                let count = self.waiting.remove(&key).unwrap_or_default();
                self.told_ns.insert(key.0.clone(), mono_ns);
                (key.0, key.1, count)
            })
            .collect()
    }

    /// When something is due next, monotonic nanoseconds.
    pub fn next_due(&self) -> Option<u64> {
        self.waiting.keys().map(|(who, _)| self.told_ns.get(who).map_or(0, |last| last + TELL_EVERY_NS)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_told_once_a_second_with_its_count() {
        let mut refusals = Refusals::default();
        refusals.count("kor".into(), "wrong signature".into());
        assert_eq!(refusals.due(0), [("kor".into(), "wrong signature".into(), 1)]);
        for _ in 0..1_000 {
            refusals.count("kor".into(), "wrong signature".into());
        }
        assert!(refusals.due(TELL_EVERY_NS - 1).is_empty());
        assert_eq!(refusals.next_due(), Some(TELL_EVERY_NS));
        assert_eq!(refusals.due(TELL_EVERY_NS), [("kor".into(), "wrong signature".into(), 1_000)]);
        assert_eq!(refusals.next_due(), None);
    }

    #[test]
    fn ever_new_reasons_do_not_grow_memory() {
        let mut refusals = Refusals::default();
        for reason in 0..100_000 {
            refusals.count("kor".into(), format!("reason {reason}"));
        }
        assert!(refusals.waiting.len() <= KINDS_MAX + 1);
    }
}
