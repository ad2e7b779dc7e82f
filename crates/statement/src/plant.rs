//! Planted bugs: mistakes that the simulator must find, compiled in by the feature `plant` alone.
//!
//! INVARIANT (no plant in a release): without the feature [`planted!`](crate::planted) is the constant `false`, and
//! the mistake behind it is not compiled.

/// Whether this build has planted bugs in it.
pub const COMPILED: bool = cfg!(feature = "plant");

#[cfg(feature = "plant")]
static PLANTED: std::sync::RwLock<Option<String>> = std::sync::RwLock::new(None);

/// Switches on the bug of this name, and no other; `None` switches off all.
#[cfg(feature = "plant")]
pub fn plant(name: Option<&str>) {
    if let Ok(mut planted) = PLANTED.write() {
        *planted = name.map(str::to_owned);
    }
}

/// Whether the bug of this name is switched on.
#[cfg(feature = "plant")]
pub fn is(name: &str) -> bool {
    PLANTED.read().is_ok_and(|planted| planted.as_deref() == Some(name))
}

/// Whether the bug of this name is switched on: never, in this build.
#[cfg(not(feature = "plant"))]
#[inline(always)]
pub const fn is(_: &str) -> bool {
    false
}

/// Whether the planted bug `name` is switched on: `false` at compile time without the feature `plant`.
#[macro_export]
macro_rules! planted {
    ($name:literal) => {
        $crate::plant::is($name)
    };
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(not(feature = "plant"))]
    fn a_build_without_the_feature_has_none() {
        const { assert!(!super::COMPILED && !planted!("resume-off-by-one")) };
    }
}
