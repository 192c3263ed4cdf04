//! Paths as code hosts want them: relative to the root of the repository, with `/`.

use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use crate::input;

/// Where paths of a report are counted from.
#[derive(Debug, Clone)]
pub struct Base {
    /// What relative paths of the report are relative to.
    pub current: PathBuf,
    /// The root of the repository.
    pub root: PathBuf,
}

impl Base {
    /// The path relative to the repository's root; absolute if it lies outside.
    pub(super) fn relative(&self, path: &str) -> String {
        if path == input::STDIN {
            return path.to_owned();
        }
        let full = normalized(&self.current.join(path));
        let inside = full.strip_prefix(normalized(&self.root)).unwrap_or(&full);
        let text = inside.to_string_lossy();
        if cfg!(windows) {
            text.replace('\\', "/")
        } else {
            text.into_owned()
        }
    }

    /// The path as a URI reference: percent-encoded, with the scheme `file` outside the root.
    pub(super) fn uri(&self, path: &str) -> String {
        let relative = self.relative(path);
        let mut uri = String::with_capacity(relative.len());
        if relative.starts_with('/') {
            uri.push_str("file://");
        }
        for c in relative.chars() {
            if c.is_ascii_alphanumeric() || "-._~/".contains(c) {
                uri.push(c);
                continue;
            }
            let mut utf8 = [0; 4];
            let raw = input::raw_byte(c).map(|byte| [byte]);
            let bytes = match &raw {
                Some(byte) => byte.as_slice(),
                None => c.encode_utf8(&mut utf8).as_bytes(),
            };
            for byte in bytes {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
        uri
    }
}

/// The path without `.` and `..`, as far as the text alone tells.
fn normalized(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Base {
        Base {
            current: PathBuf::from("/repo/deploy"),
            root: PathBuf::from("/repo"),
        }
    }

    #[test]
    fn paths_count_from_the_root_of_the_repository() {
        assert_eq!(base().relative("./a/../b.yaml"), "deploy/b.yaml");
        assert_eq!(base().relative("../c.yaml"), "c.yaml");
        assert_eq!(base().relative("/elsewhere/d.yaml"), "/elsewhere/d.yaml");
    }

    #[test]
    fn uris_are_percent_encoded() {
        assert_eq!(
            base().uri("mesh #1/é.yaml"),
            "deploy/mesh%20%231/%C3%A9.yaml"
        );
        assert_eq!(base().uri("a\\b\u{f7e9}.yaml"), "deploy/a%5Cb%E9.yaml");
        assert_eq!(base().uri("/elsewhere/d.yaml"), "file:///elsewhere/d.yaml");
        assert_eq!(base().uri("<stdin>"), "%3Cstdin%3E");
    }
}
