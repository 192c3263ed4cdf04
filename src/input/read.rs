//! Reading one file.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::collect::unreadable;
use super::{InputError, InputFile};

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// A file and its text.
#[derive(Debug)]
pub struct Source {
    /// The file.
    pub file: InputFile,
    /// The text without a byte order mark; empty when there is a `problem`.
    pub text: Arc<str>,
    /// Whether the file began with a byte order mark.
    pub bom: bool,
    /// Why the content is no text that can be read.
    pub problem: Option<TextProblem>,
}

/// Why the content of a file is no text that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextProblem {
    /// The bytes are UTF-16 or UTF-32.
    #[error("is encoded as UTF-16 or UTF-32; save it as UTF-8")]
    Wide,
    /// The bytes are in some other encoding.
    #[error("is not valid UTF-8: byte {0} begins no character; save it as UTF-8")]
    NotUtf8(usize),
    /// The file holds zero bytes.
    #[error("is not a text file")]
    Binary,
    /// The file has 4 GiB or more.
    #[error("is too large: 4 GiB or more")]
    TooLarge,
}

impl Source {
    /// A source from bytes, as in a file or an editor's buffer.
    pub fn from_bytes(file: InputFile, mut bytes: Vec<u8>) -> Self {
        let bom = bytes.starts_with(BOM);
        if bom {
            bytes.drain(..BOM.len());
        }
        let (text, problem) = match decode(bytes) {
            Ok(text) => (text.into(), None),
            Err(problem) => (Arc::default(), Some(problem)),
        };
        Self {
            file,
            text,
            bom,
            problem,
        }
    }
}

/// Reads a file. Fails when it cannot be read; content that is no text is a
/// [`Source::problem`] instead, so that the rest of the run goes on.
pub fn read(file: &InputFile) -> Result<Source, InputError> {
    let bytes = if let Some(location) = &file.location {
        std::fs::read(location)
    } else {
        let mut bytes = Vec::new();
        let mut stdin = std::io::stdin().lock();
        stdin.read_to_end(&mut bytes).map(|_| bytes)
    }
    .map_err(|error| unreadable(Path::new(&*file.path), &error))?;
    Ok(Source::from_bytes(file.clone(), bytes))
}

fn decode(bytes: Vec<u8>) -> Result<String, TextProblem> {
    if u32::try_from(bytes.len()).is_err() {
        return Err(TextProblem::TooLarge);
    }
    match bytes.as_slice() {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, 0, 0xFE, 0xFF, ..] => {
            return Err(TextProblem::Wide);
        }
        // Without a mark, an ASCII character and a zero show the width.
        [first, 0, ..] | [0, first, ..] if first.is_ascii_graphic() || *first == b' ' => {
            return Err(TextProblem::Wide);
        }
        _ => {}
    }
    let start = bytes.get(..8192).unwrap_or(&bytes);
    if start.contains(&0) {
        return Err(TextProblem::Binary);
    }
    String::from_utf8(bytes).map_err(|error| TextProblem::NotUtf8(error.utf8_error().valid_up_to()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn source(bytes: &[u8]) -> Source {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.yaml");
        std::fs::write(&path, bytes).unwrap();
        read(&InputFile {
            path: "dir/a.yaml".into(),
            location: Some(path),
            context: true,
            is_named: false,
        })
        .unwrap()
    }

    #[test]
    fn text_is_kept_as_it_is() {
        let source = source("a: ü\r\nb: 1\n".as_bytes());
        assert_eq!(&*source.text, "a: ü\r\nb: 1\n");
        assert_eq!(
            (source.problem, source.bom, source.file.context),
            (None, false, true)
        );
    }

    #[test]
    fn a_byte_order_mark_is_no_text() {
        let source = source(b"\xEF\xBB\xBFkind: x");
        assert_eq!(&*source.text, "kind: x");
        assert!(source.bom);
    }

    #[test]
    fn what_is_no_text_is_a_problem_of_the_file() {
        for (bytes, problem) in [
            (&b"\xFF\xFEa\0"[..], TextProblem::Wide),
            (b"\xFE\xFF\0a", TextProblem::Wide),
            (b"k\0i\0", TextProblem::Wide),
            (b"\0k\0i", TextProblem::Wide),
            (b"\0\0\xFE\xFF", TextProblem::Wide),
            (b"a: \xFC", TextProblem::NotUtf8(3)),
            (b"\x7FELF\0\0", TextProblem::Binary),
        ] {
            let source = source(bytes);
            assert_eq!(source.problem, Some(problem), "{bytes:?}");
            assert_eq!(&*source.text, "");
        }
        assert_eq!(source(b"").problem, None);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_error() {
        let error = read(&InputFile {
            path: "gone.yaml".into(),
            location: Some("/nonexistent/gone.yaml".into()),
            context: false,
            is_named: false,
        })
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot read gone.yaml: no such file or folder"
        );
    }
}
