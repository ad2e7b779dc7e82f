//! Arithmetic on triples, enough for the truth's own motion code.

/// Three components, metres or metres a second unless said otherwise.
pub type Vector = [f64; 3];

pub(crate) fn add(a: Vector, b: Vector) -> Vector {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

pub(crate) fn subtract(a: Vector, b: Vector) -> Vector {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

pub(crate) fn scale(a: Vector, factor: f64) -> Vector {
    [a[0] * factor, a[1] * factor, a[2] * factor]
}

/// `a + factor · b`.
pub(crate) fn add_scaled(a: Vector, b: Vector, factor: f64) -> Vector {
    [a[0] + factor * b[0], a[1] + factor * b[1], a[2] + factor * b[2]]
}

pub(crate) fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(crate) fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

pub(crate) fn norm(a: Vector) -> f64 {
    dot(a, a).sqrt()
}

/// `a` at length 1; `a` itself where it has no length.
pub(crate) fn unit(a: Vector) -> Vector {
    let length = norm(a);
    if length > 0.0 { scale(a, 1.0 / length) } else { a }
}

/// `a` turned about the third axis by `angle_rad`, counter-clockwise seen from its tip.
pub(crate) fn turn_about_pole(a: Vector, angle_rad: f64) -> Vector {
    let (sine, cosine) = libm::sincos(angle_rad);
    [cosine * a[0] - sine * a[1], sine * a[0] + cosine * a[1], a[2]]
}
