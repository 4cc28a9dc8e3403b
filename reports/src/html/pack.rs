//! Bodies that are put in place only when they are opened. Thousands of sets would make a page that no browser opens in
//! time; so what does not fit stays beside the page, in packs that the page's script unpacks: JSON arrays of markup,
//! deflated (RFC 1951) and written in base64. The markup is the same as that of a body in place.

use super::markup::Html;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use miniz_oxide::deflate::compress_to_vec;

/// How many bodies a pack holds: few enough to be unpacked at once, many enough to be small together.
const TOGETHER: usize = 48;
/// A little slower than deflate's usual level, and a tenth smaller.
const LEVEL: u8 = 8;

/// A body: in the page, or its pack and its place there.
#[derive(Debug)]
pub(super) enum Body {
    Here(Html),
    Packed { pack: usize, at: usize },
}

/// Packs under construction.
#[derive(Debug, Default)]
pub(super) struct Packs {
    full: Vec<String>,
    open: Vec<String>,
}

impl Packs {
    /// The body, packed unless it is to be in place.
    pub(super) fn body(&mut self, html: Html, here: bool) -> Body {
        if here {
            return Body::Here(html);
        }
        let (pack, at) = (self.full.len(), self.open.len());
        self.open.push(html.to_string());
        if self.open.len() == TOGETHER {
            self.close();
        }
        Body::Packed { pack, at }
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            let json = crate::json::to_text(&self.open, false);
            self.full.push(STANDARD.encode(compress_to_vec(json.as_bytes(), LEVEL)));
            self.open.clear();
        }
    }

    /// The packs, as they are written into the page.
    pub(super) fn finish(mut self) -> Vec<Html> {
        self.close();
        self.full.into_iter().map(Html::ours).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use miniz_oxide::inflate::decompress_to_vec;

    #[test]
    fn every_packed_body_is_found_at_its_place() {
        let mut packs = Packs::default();
        let bodies: Vec<Body> =
            (0..100).map(|n| packs.body(Html::ours(format!("<p>{n}</p>")), n == 7)).collect();
        let packs: Vec<Vec<String>> = packs
            .finish()
            .iter()
            .map(|pack| decompress_to_vec(&STANDARD.decode(pack.as_str()).expect("base64")).expect("deflate"))
            .map(|json| serde_json::from_slice(&json).expect("json"))
            .collect();
        assert_eq!(packs.len(), 3, "99 bodies in packs of 48");
        for (n, body) in bodies.iter().enumerate() {
            match body {
                Body::Here(html) => assert_eq!((n, html.as_str()), (7, "<p>7</p>")),
                Body::Packed { pack, at } => assert_eq!(packs[*pack][*at], format!("<p>{n}</p>")),
            }
        }
    }
}
