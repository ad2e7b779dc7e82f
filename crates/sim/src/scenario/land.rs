//! Whether a place is on land, coarsely: is a launch said to be on land far out at sea?
//!
//! `land.txt`: the outer rings of Natural Earth's 1:110,000,000 land (public domain), a ring a line, `lon,lat` in degrees
//! to a tenth; a ring across the antimeridian goes on over 180. Antarctica and small islands are left out.

use physics::geodetic::Geodetic;

/// Coasts are no better known than this, degrees of arc: some 40 km.
const COARSE_DEG: f64 = 0.4;

const LAND: &str = include_str!("land.txt");

/// Whether the place is on land, or within some 40 km of it.
pub(super) fn is_near_land(place: Geodetic) -> bool {
    let again = Geodetic { lon_deg: place.lon_deg + 360.0, ..place };
    rings().any(|points| {
        [place, again].iter().any(|&place| is_inside(&points, place) || is_near(&points, place))
    })
}

/// The rings of land: longitude and latitude, degrees.
pub(super) fn rings() -> impl Iterator<Item = Vec<(f64, f64)>> {
    LAND.lines().map(|ring| ring.split(' ').filter_map(point).collect())
}

fn point(text: &str) -> Option<(f64, f64)> {
    let (lon_deg, lat_deg) = text.split_once(',')?;
    Some((lon_deg.parse().ok()?, lat_deg.parse().ok()?))
}

fn edges(points: &[(f64, f64)]) -> impl Iterator<Item = ((f64, f64), (f64, f64))> + '_ {
    points.iter().copied().zip(points.iter().copied().cycle().skip(1))
}

/// A ray to the east crosses the ring an odd number of times.
fn is_inside(points: &[(f64, f64)], place: Geodetic) -> bool {
    let crossed = edges(points).filter(|((lon_a, lat_a), (lon_b, lat_b))| {
        let spans = (*lat_a > place.lat_deg) != (*lat_b > place.lat_deg);
        spans && place.lon_deg < lon_a + (lon_b - lon_a) * (place.lat_deg - lat_a) / (lat_b - lat_a)
    });
    crossed.count() % 2 == 1
}

/// An edge passes within [`COARSE_DEG`], on the plane that touches the Earth at the place.
fn is_near(points: &[(f64, f64)], place: Geodetic) -> bool {
    let narrow = libm::cos(place.lat_deg.to_radians());
    let plane =
        |(lon_deg, lat_deg): (f64, f64)| ((lon_deg - place.lon_deg) * narrow, lat_deg - place.lat_deg);
    edges(points).any(|(a, b)| {
        let ((ax, ay), (bx, by)) = (plane(a), plane(b));
        let (dx, dy) = (bx - ax, by - ay);
        let length = dx * dx + dy * dy;
        let along = if length > 0.0 { (-(ax * dx + ay * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
        libm::hypot(ax + along * dx, ay + along * dy) < COARSE_DEG
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn land_and_sea_are_told_apart() {
        let near = |lat_deg, lon_deg| is_near_land(Geodetic { lat_deg, lon_deg, alt_m: 0.0 });
        for (lat_deg, lon_deg) in [
            (39.0, 125.8),   // near Pyongyang
            (39.66, 124.71), // Sohae, at the coast
            (35.7, 139.7),   // Tokyo
            (28.46, -80.53), // Cape Canaveral, at the coast
            (51.0, 71.0),    // the middle of Asia
            (66.0, -172.0),  // Chukotka, beyond the antimeridian
            (-25.0, 135.0),  // Australia
        ] {
            assert!(near(lat_deg, lon_deg), "{lat_deg} {lon_deg}");
        }
        for (lat_deg, lon_deg) in [
            (39.5, 131.5),  // the middle of the sea east of Korea
            (36.0, 123.5),  // the Yellow Sea
            (40.0, -40.0),  // the Atlantic
            (75.0, -179.9), // north of Chukotka
            (20.0, 179.9),  // the Pacific
            (-60.0, -100.0),
        ] {
            assert!(!near(lat_deg, lon_deg), "{lat_deg} {lon_deg}");
        }
    }
}
