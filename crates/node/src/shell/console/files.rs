//! The console's files: those of `web/`, embedded by `cargo xtask build`; without them a plain live table.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

/// `web/dist`, as build.rs copied it; empty in a build without the full console.
#[derive(RustEmbed)]
#[folder = "$OUT_DIR/console"]
struct Full;

/// The plain table, always there: `/plain.html`.
const PLAIN: [(&str, &[u8]); 2] =
    [("plain.html", include_bytes!("plain/plain.html")), ("plain.js", include_bytes!("plain/plain.js"))];

/// The response of one file.
pub fn response(path: &str) -> Response {
    let found = match Full::get(path) {
        Some(file) => Some(file.data.into_owned()),
        None => {
            let path = if path == "index.html" { "plain.html" } else { path };
            PLAIN.iter().find(|(name, _)| *name == path).map(|(_, bytes)| bytes.to_vec())
        }
    };
    let Some(bytes) = found else { return (StatusCode::NOT_FOUND, "no such file").into_response() };
    // Vite puts a hash of the content into the names below assets/.
    let cached = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    ([(header::CONTENT_TYPE, media_type(path)), (header::CACHE_CONTROL, cached)], bytes).into_response()
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" | "topojson" => "application/json",
        "wasm" => "application/wasm",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "xml" => "application/xml",
        _ => "application/octet-stream",
    }
}
