//! A text to its documents, cut as kubectl cuts it (apimachinery's `util/yaml`): at lines that
//! begin with `---`, whatever else stands there, one document to a part; a text that begins with
//! `{` is a stream of JSON values for as long as it reads as one.

use super::Span;
use super::compose::Composer;
use super::json;
use super::node::Style;
use super::scan::{TokenKind, narrow, span};
use super::tree::{Document, Shape, SyntaxError, Tree};

const MARKER: &str = "---";

/// Where the next line that begins with `---` begins, at or after the line that begins at `from`.
pub(crate) fn next_marker(text: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    if rest.starts_with(MARKER) {
        return Some(from);
    }
    rest.find("\n---").map(|at| from + at + 1)
}

/// Reads all documents of a text.
pub(super) fn read(text: &str) -> Tree<'_> {
    let mut reader = Reader::new(text);
    reader.run();
    reader.finish()
}

/// Reads the first document of a text, which may begin with the marker before it.
pub(super) fn read_first(text: &str) -> Tree<'_> {
    let mut reader = Reader::new(text);
    let mut start = 0;
    let mut marker = None;
    if text.starts_with(MARKER) {
        start = text.find('\n').map_or(text.len(), |at| at + 1);
        marker = Some(0);
    } else if json::may_begin(text) && reader.json_value(0).is_ok() {
        return reader.finish();
    }
    let end = next_marker(text, start).unwrap_or(text.len());
    reader.part(start, end, marker);
    reader.finish()
}

struct Reader<'s> {
    composer: Composer<'s>,
    documents: Vec<Document>,
}

impl<'s> Reader<'s> {
    fn new(text: &'s str) -> Self {
        Self {
            composer: Composer::new(text),
            documents: Vec::new(),
        }
    }

    fn finish(self) -> Tree<'s> {
        let Self {
            composer,
            documents,
        } = self;
        Tree {
            text: composer.text,
            cooked: composer.scanner.cooked,
            nodes: composer.nodes,
            documents,
            comments: composer.scanner.comments,
            items: std::sync::Mutex::default(),
        }
    }

    fn run(&mut self) {
        let text = self.composer.text;
        let mut start = 0;
        if json::may_begin(text) {
            match self.json() {
                Some(end) => start = end,
                None => return,
            }
        }
        let is_after_json = !self.documents.is_empty();
        let mut marker = None;
        loop {
            // A marker at the beginning of a part, that is at the beginning of the file or right
            // after another one, belongs to the part.
            let mut from = start;
            if next_marker(text, start) == Some(start) {
                match self.marker(start) {
                    Ok((next, _)) => from = next,
                    Err(next) => match next {
                        Some(next) => {
                            start = next;
                            continue;
                        }
                        None => return,
                    },
                }
                marker = Some(start);
            }
            let end = next_marker(text, from).unwrap_or(text.len());
            let first = self.documents.len();
            self.part(start, end, marker);
            if is_after_json && marker.is_none() {
                self.refuse_text(first);
            }
            if end == text.len() {
                return;
            }
            match self.marker(end) {
                Ok((next, comment)) => {
                    start = next;
                    self.composer.scanner.comments.extend(comment);
                    marker = Some(end);
                }
                Err(Some(next)) => {
                    start = next;
                    marker = None;
                }
                Err(None) => return,
            }
        }
    }

    /// Reads the line of a marker. Gives where the next line begins, and the comment on it. What
    /// else stands on the line makes the marker none and the document is lost: then gives where
    /// the next marker stands, if there is one.
    fn marker(&mut self, at: usize) -> Result<(usize, Option<Span>), Option<usize>> {
        let text = self.composer.text;
        let rest = text.get(at..).unwrap_or_default();
        let line = rest.split_inclusive('\n').next().unwrap_or_default();
        let next = at + line.len();
        let after = line.get(MARKER.len()..).unwrap_or_default();
        let word = after.trim();
        let place = span(
            next - after.trim_start().len(),
            next - after.trim_start().len() + word.len(),
        );
        if word.is_empty() || word.starts_with('#') {
            return Ok((next, (!word.is_empty()).then_some(place)));
        }
        let end = next_marker(text, next).filter(|_| next < text.len());
        let shown: String = word.chars().take(60).collect();
        self.documents.push(Document {
            root: None,
            span: span(at, end.unwrap_or(text.len())),
            error: Some(SyntaxError {
                span: place,
                message: format!("invalid document separator: {shown}"),
            }),
            duplicate_keys: Vec::new(),
            unread: None,
        });
        Err(end)
    }

    /// Reads JSON values for as long as there are any. Gives where YAML may begin, as kubectl
    /// tries after no more than one value.
    fn json(&mut self) -> Option<usize> {
        let text = self.composer.text;
        let mut last_end = 0;
        loop {
            let position = json::skip_space(text, last_end);
            if position >= text.len() {
                return None;
            }
            match self.json_value(position) {
                Ok(end) => last_end = end,
                Err(error) => {
                    let start = yaml_after(text, last_end);
                    if start.is_none() || self.documents.len() > 1 {
                        self.fail(narrow(position), error);
                        return None;
                    }
                    return start;
                }
            }
        }
    }

    /// Reads one JSON value and gives where it ends.
    fn json_value(&mut self, position: usize) -> Result<usize, SyntaxError> {
        let first = self.composer.next();
        self.composer.begin();
        match json::value(&mut self.composer, position) {
            Ok(end) => {
                self.push(first, span(position, end as usize), None);
                Ok(end as usize)
            }
            Err(error) => {
                self.composer.nodes.truncate(first as usize);
                Err(error)
            }
        }
    }

    /// Text after a JSON value reads as YAML, but is no object.
    fn refuse_text(&mut self, first: usize) {
        let nodes = &self.composer.nodes;
        for document in self.documents.iter_mut().skip(first) {
            let root = document.root.and_then(|root| nodes.get(root as usize));
            let Some(root) = root.filter(|root| root.shape == Shape::Scalar) else {
                continue;
            };
            document.root = None;
            document.error = Some(SyntaxError {
                span: root.span,
                message: "found text after the JSON value".to_owned(),
            });
        }
    }

    /// Reads a part: its first document, which is all that kubectl reads.
    fn part(&mut self, start: usize, end: usize, marker: Option<usize>) {
        let composer = &mut self.composer;
        composer.scanner.enter(start, end);
        composer.begin();
        let first = composer.next();
        let text = composer.text.get(start..end).unwrap_or_default();
        let begins = marker.unwrap_or_else(|| start + leading_space(text));
        if let Some(at) = control_character(text) {
            let message = "control characters are not allowed";
            let error = SyntaxError::at(composer.text, start + at, message);
            self.fail(narrow(begins), error);
            return;
        }
        match self.document(marker) {
            Ok(Some((begin, unread))) => {
                let end = self.composer.scanner.position().max(begin as usize);
                self.push(
                    first,
                    Span {
                        start: begin,
                        end: narrow(end),
                    },
                    unread,
                );
            }
            Ok(None) => {}
            Err(error) => {
                self.composer.nodes.truncate(first as usize);
                self.fail(narrow(begins), error);
            }
        }
    }

    /// Composes the document of a part. Gives where it begins and what is not read after it, or
    /// nothing for a part without marker and content.
    fn document(
        &mut self,
        marker: Option<usize>,
    ) -> Result<Option<(u32, Option<Span>)>, SyntaxError> {
        let composer = &mut self.composer;
        let mut token = composer.scanner.peek()?;
        let begin = marker.map_or(token.span.start, narrow);
        if token.kind == TokenKind::End {
            return Ok(marker.map(|_| (begin, None)));
        }
        while let TokenKind::Directive { compatible } = token.kind {
            if !compatible {
                return Err(composer.error(token, "found incompatible YAML document"));
            }
            composer.scanner.take()?;
            let directive = token;
            token = composer.scanner.peek()?;
            match token.kind {
                TokenKind::Directive { .. } | TokenKind::DocumentStart => {}
                TokenKind::End => {
                    let message = "did not find expected <document start>: the line of --- cuts \
                                   the directive off its document";
                    return Err(composer.error(directive, message));
                }
                _ => return Err(composer.error(token, "did not find expected <document start>")),
            }
        }
        let is_explicit = token.kind == TokenKind::DocumentStart;
        if is_explicit {
            // Only a carriage return alone, or a line break of YAML 1.1, leads here.
            composer.scanner.take()?;
            token = composer.scanner.peek()?;
        }
        match token.kind {
            TokenKind::End | TokenKind::DocumentStart => {}
            TokenKind::DocumentEnd | TokenKind::Directive { .. } if is_explicit => {}
            _ => composer.root()?,
        }
        let unread = self.after_document()?;
        Ok(Some((begin, unread)))
    }

    /// What follows the document in its part and is not read.
    fn after_document(&mut self) -> Result<Option<Span>, SyntaxError> {
        let composer = &mut self.composer;
        let token = composer.scanner.peek()?;
        match token.kind {
            TokenKind::End => return Ok(None),
            TokenKind::DocumentStart => return Ok(Some(token.span)),
            TokenKind::DocumentEnd | TokenKind::Directive { .. } => {}
            _ => return Err(composer.error(token, "did not find expected <document start>")),
        }
        loop {
            composer.scanner.take()?;
            match composer.scanner.peek() {
                Ok(token) => match token.kind {
                    TokenKind::End => return Ok(None),
                    TokenKind::DocumentEnd | TokenKind::Directive { .. } => {}
                    _ => return Ok(Some(self.first_line(token.span))),
                },
                Err(error) => return Ok(Some(self.first_line(error.span))),
            }
        }
    }

    /// From the beginning of a token to the end of its line.
    fn first_line(&self, token: Span) -> Span {
        let rest = self.composer.text.get(token.start as usize..);
        let line = rest
            .and_then(|rest| rest.lines().next())
            .unwrap_or_default();
        span(
            token.start as usize,
            token.start as usize + line.trim_end().len(),
        )
    }

    /// Adds a document whose nodes are complete.
    fn push(&mut self, first: u32, place: Span, unread: Option<Span>) {
        let composer = &mut self.composer;
        let error = if composer.aliased {
            composer.check_aliases(first).err()
        } else {
            None
        };
        let root = composer.nodes.get(first as usize).filter(|node| {
            let is_empty =
                node.shape == Shape::Scalar && node.style == Style::Plain && node.span.is_empty();
            !is_empty && error.is_none()
        });
        let root = root.map(|_| first);
        composer.duplicates.sort_unstable();
        self.documents.push(Document {
            root,
            span: place,
            error,
            duplicate_keys: std::mem::take(&mut composer.duplicates),
            unread,
        });
    }

    /// Adds a document that could not be read.
    fn fail(&mut self, begins: u32, error: SyntaxError) {
        let end = narrow(self.composer.scanner.position()).max(error.span.end);
        self.documents.push(Document {
            root: None,
            span: Span {
                start: begins.min(error.span.start),
                end,
            },
            error: Some(error),
            duplicate_keys: Vec::new(),
            unread: None,
        });
    }
}

/// Where YAML begins after what was read as JSON: white space is passed over up to the next line.
/// Less than four bytes are not looked at.
fn yaml_after(text: &str, from: usize) -> Option<usize> {
    let mut position = from;
    for c in text.get(from..)?.chars() {
        if text.len() - position < 4 {
            return None;
        }
        if !c.is_whitespace() {
            break;
        }
        position += c.len_utf8();
        if c == '\n' {
            break;
        }
    }
    Some(position)
}

/// The bytes before the first line that holds more than white space and comments.
fn leading_space(text: &str) -> usize {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_start();
        if !content.is_empty() && !content.starts_with('#') {
            return at + (line.len() - content.len());
        }
        at += line.len();
    }
    text.len()
}

/// Where a character stands that YAML does not allow.
fn control_character(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = 0;
    loop {
        let found = bytes
            .get(from..)?
            .iter()
            .position(|byte| matches!(byte, 0..=8 | 0xB | 0xC | 0xE..=0x1F | 0x7F | 0xC2 | 0xEF))?;
        let at = from + found;
        let c = text.get(at..).and_then(|rest| rest.chars().next());
        match c {
            Some('\u{85}') => {}
            Some('\u{80}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}') => return Some(at),
            Some(c) if c.is_ascii() => return Some(at),
            _ => {}
        }
        from = at + c.map_or(1, char::len_utf8);
    }
}
