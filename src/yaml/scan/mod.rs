//! The scanner: text to tokens, by the rules of the reader behind kubectl.
//!
//! That reader is go-yaml 2, which follows libyaml and thereby YAML 1.1; no parser of YAML 1.2
//! agrees with it on continuation lines, tabs, comments, flow scalars and escapes. What the
//! cluster reads decides every finding, so its scanner is rebuilt here rule by rule, down to the
//! places where it differs from the standard.

mod block;
mod chars;
mod plain;
mod properties;
mod quoted;
mod token;

use std::collections::VecDeque;

use super::Span;
use super::tree::SyntaxError;
pub(super) use token::{ScalarStyle, ScalarToken, Tag, Token, TokenKind};

/// Characters that the key of a mapping entry may have when no `?` stands before it.
const KEY_LIMIT: usize = 1024;

/// Where a key may have begun, which only the `:` behind it tells.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    /// The number of its first token.
    token: usize,
    start: usize,
    /// Where its line begins.
    line: usize,
    /// The brackets and braces that it is in.
    flow: u32,
    /// Nothing but a key may stand there.
    required: bool,
}

/// Reads tokens off one part of a text after another.
#[derive(Debug)]
pub(super) struct Scanner<'s> {
    text: &'s str,
    /// The text up to the end of the part.
    bytes: &'s [u8],
    position: usize,
    /// Where the current line begins.
    line: usize,
    /// Open brackets and braces.
    flow: u32,
    /// The column of the current block collection; -1 outside of any.
    indent: isize,
    indents: Vec<isize>,
    /// Keys that may have begun, the outermost first; at most one for each level of brackets.
    candidates: VecDeque<Candidate>,
    /// Whether a key may begin here.
    key_allowed: bool,
    queue: VecDeque<Token>,
    /// Tokens that have been taken off the queue.
    taken: usize,
    /// Values that had escapes or folds.
    pub(super) cooked: String,
    /// Comments in the order of the text, `#` included.
    pub(super) comments: Vec<Span>,
}

impl<'s> Scanner<'s> {
    pub(super) fn new(text: &'s str) -> Self {
        Self {
            text,
            bytes: &[],
            position: 0,
            line: 0,
            flow: 0,
            indent: -1,
            indents: Vec::new(),
            candidates: VecDeque::new(),
            key_allowed: true,
            queue: VecDeque::new(),
            taken: 0,
            cooked: String::new(),
            comments: Vec::new(),
        }
    }

    /// Turns to the part of the text from `start` to `end`.
    pub(super) fn enter(&mut self, start: usize, end: usize) {
        self.bytes = self.text.as_bytes().get(..end).unwrap_or_default();
        self.position = start;
        // A mark of the byte order stands for nothing.
        if self.rest().starts_with(b"\xEF\xBB\xBF") {
            self.position += 3;
        }
        self.line = self.position;
        self.flow = 0;
        self.indent = -1;
        self.indents.clear();
        self.candidates.clear();
        self.key_allowed = true;
        self.queue.clear();
        self.taken = 0;
    }

    /// Where the scanner stands.
    pub(super) const fn position(&self) -> usize {
        self.position
    }

    /// The next token, which stays. After the last one it is [`TokenKind::End`] for ever.
    pub(super) fn peek(&mut self) -> Result<Token, SyntaxError> {
        self.fill()?;
        let end = narrow(self.bytes.len());
        Ok(self.queue.front().copied().unwrap_or(Token {
            kind: TokenKind::End,
            span: Span { start: end, end },
        }))
    }

    /// Takes the next token.
    pub(super) fn take(&mut self) -> Result<Token, SyntaxError> {
        let token = self.peek()?;
        if token.kind != TokenKind::End && self.queue.pop_front().is_some() {
            self.taken += 1;
        }
        Ok(token)
    }

    /// Reads until it is known what the first token of the queue is: it may be the key of an
    /// entry whose `:` is yet to come.
    fn fill(&mut self) -> Result<(), SyntaxError> {
        loop {
            if !self.queue.is_empty() {
                match self.candidates.front().copied() {
                    Some(first) if first.token == self.taken => {
                        if !self.is_possible(first)? {
                            self.candidates.pop_front();
                            return Ok(());
                        }
                    }
                    _ => return Ok(()),
                }
            }
            self.fetch()?;
        }
    }

    /// Whether a key that began there may still end here.
    fn is_possible(&self, key: Candidate) -> Result<bool, SyntaxError> {
        let length = self.position.saturating_sub(key.start);
        let is_too_long = || {
            let text = self.text.get(key.start..self.position);
            text.is_some_and(|text| text.chars().count() > KEY_LIMIT)
        };
        if key.line == self.line && (length <= KEY_LIMIT || !is_too_long()) {
            return Ok(true);
        }
        if key.required {
            return Err(self.missing_colon(key));
        }
        Ok(false)
    }

    fn fetch(&mut self) -> Result<(), SyntaxError> {
        self.skip_to_token();
        self.unroll(self.column());
        if self.is_end() {
            return self.end();
        }
        let is_blank_after = self.is_blank_or_end(1);
        match self.at(0) {
            b'%' if self.column() == 0 => self.directive(),
            b'-' if self.is_document_indicator() => self.indicator(TokenKind::DocumentStart),
            b'.' if self.is_document_indicator() => self.indicator(TokenKind::DocumentEnd),
            b'[' => self.open(TokenKind::FlowSequenceStart),
            b'{' => self.open(TokenKind::FlowMappingStart),
            b']' => self.close(TokenKind::FlowSequenceEnd),
            b'}' => self.close(TokenKind::FlowMappingEnd),
            b',' => self.flow_entry(),
            b'-' if is_blank_after => self.block_entry(),
            b'?' if self.flow > 0 || is_blank_after => self.key(),
            b':' if self.flow > 0 || is_blank_after => self.value(),
            b'*' => self.node_token(|scanner| scanner.anchor(TokenKind::Alias)),
            b'&' => self.node_token(|scanner| scanner.anchor(TokenKind::Anchor)),
            b'!' => self.node_token(Self::tag),
            b'|' | b'>' if self.flow == 0 => {
                self.remove_candidate()?;
                self.key_allowed = true;
                let token = self.block_scalar()?;
                self.queue.push_back(token);
                Ok(())
            }
            b'\'' | b'"' => self.node_token(Self::quoted),
            b'|' | b'>' | b'#' | b'%' | b'@' | b'`' | b'\t' => Err(self.unexpected()),
            _ => self.node_token(Self::plain),
        }
    }

    /// White space and comments up to the next token. Tabs are white space where no indentation
    /// is counted.
    fn skip_to_token(&mut self) {
        loop {
            while self.at(0) == b' '
                || (self.at(0) == b'\t' && (self.flow > 0 || !self.key_allowed))
            {
                self.position += 1;
            }
            self.comment();
            if self.skip_break() == 0 {
                return;
            }
            if self.flow == 0 {
                self.key_allowed = true;
            }
        }
    }

    /// Notes the key that may begin here.
    fn save_candidate(&mut self) -> Result<(), SyntaxError> {
        if !self.key_allowed {
            return Ok(());
        }
        let column = self.column();
        self.remove_candidate()?;
        self.candidates.push_back(Candidate {
            token: self.taken + self.queue.len(),
            start: self.position,
            line: self.line,
            flow: self.flow,
            required: self.flow == 0 && self.indent == column,
        });
        Ok(())
    }

    /// Forgets the key that may have begun between the current brackets.
    fn remove_candidate(&mut self) -> Result<(), SyntaxError> {
        if let Some(key) = self.candidates.back().copied()
            && key.flow == self.flow
        {
            if key.required {
                return Err(self.missing_colon(key));
            }
            self.candidates.pop_back();
        }
        Ok(())
    }

    fn missing_colon(&self, key: Candidate) -> SyntaxError {
        self.error_at(key.start, "could not find expected ':'")
    }

    /// Opens a block collection when the column is further right than the current one. `before`
    /// is the number of the token that it goes before.
    fn roll(&mut self, column: isize, before: Option<usize>, kind: TokenKind, start: usize) {
        if self.flow > 0 || self.indent >= column {
            return;
        }
        self.indents.push(self.indent);
        self.indent = column;
        let start = narrow(start);
        let span = Span { start, end: start };
        self.insert(before, Token { kind, span });
    }

    /// Closes the block collections that are further right than `column`.
    fn unroll(&mut self, column: isize) {
        if self.flow > 0 {
            return;
        }
        while self.indent > column {
            self.push(TokenKind::BlockEnd, self.position, self.position);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn insert(&mut self, before: Option<usize>, token: Token) {
        let last = self.queue.len();
        let index = before.map_or(last, |number| number.saturating_sub(self.taken));
        self.queue.insert(index.min(last), token);
    }

    fn push(&mut self, kind: TokenKind, start: usize, end: usize) {
        let span = span(start, end);
        self.queue.push_back(Token { kind, span });
    }

    /// Pushes a token of so many bytes and goes behind it.
    fn push_here(&mut self, kind: TokenKind, length: usize) {
        let start = self.position;
        self.position += length;
        self.push(kind, start, self.position);
    }

    fn end(&mut self) -> Result<(), SyntaxError> {
        // What began on the last line cannot go on.
        self.line = self.position + 1;
        self.unroll(-1);
        self.remove_candidate()?;
        self.key_allowed = false;
        self.push(TokenKind::End, self.position, self.position);
        Ok(())
    }

    fn indicator(&mut self, kind: TokenKind) -> Result<(), SyntaxError> {
        self.unroll(-1);
        self.remove_candidate()?;
        self.key_allowed = false;
        self.push_here(kind, 3);
        Ok(())
    }

    fn open(&mut self, kind: TokenKind) -> Result<(), SyntaxError> {
        self.save_candidate()?;
        self.flow += 1;
        self.key_allowed = true;
        self.push_here(kind, 1);
        Ok(())
    }

    fn close(&mut self, kind: TokenKind) -> Result<(), SyntaxError> {
        self.remove_candidate()?;
        self.flow = self.flow.saturating_sub(1);
        self.key_allowed = false;
        self.push_here(kind, 1);
        Ok(())
    }

    fn flow_entry(&mut self) -> Result<(), SyntaxError> {
        self.remove_candidate()?;
        self.key_allowed = true;
        self.push_here(TokenKind::FlowEntry, 1);
        Ok(())
    }

    fn block_entry(&mut self) -> Result<(), SyntaxError> {
        if self.flow == 0 {
            if !self.key_allowed {
                return Err(self.error("block sequence entries are not allowed in this context"));
            }
            let kind = TokenKind::BlockSequenceStart;
            self.roll(self.column(), None, kind, self.position);
        }
        self.remove_candidate()?;
        self.key_allowed = true;
        self.push_here(TokenKind::BlockEntry, 1);
        Ok(())
    }

    fn key(&mut self) -> Result<(), SyntaxError> {
        if self.flow == 0 {
            if !self.key_allowed {
                return Err(self.error("mapping keys are not allowed in this context"));
            }
            let kind = TokenKind::BlockMappingStart;
            self.roll(self.column(), None, kind, self.position);
        }
        self.remove_candidate()?;
        self.key_allowed = self.flow == 0;
        self.push_here(TokenKind::Key, 1);
        Ok(())
    }

    fn value(&mut self) -> Result<(), SyntaxError> {
        let key = match self.candidates.back().copied() {
            Some(key) if key.flow == self.flow => {
                let is_possible = self.is_possible(key)?;
                self.candidates.pop_back();
                is_possible.then_some(key)
            }
            _ => None,
        };
        if let Some(key) = key {
            let start = narrow(key.start);
            let token = Token {
                kind: TokenKind::Key,
                span: Span { start, end: start },
            };
            self.insert(Some(key.token), token);
            let kind = TokenKind::BlockMappingStart;
            let column = signed(key.start - key.line);
            self.roll(column, Some(key.token), kind, key.start);
            self.key_allowed = false;
        } else {
            if self.flow == 0 {
                if !self.key_allowed {
                    return Err(self.error("mapping values are not allowed in this context"));
                }
                let kind = TokenKind::BlockMappingStart;
                self.roll(self.column(), None, kind, self.position);
            }
            self.key_allowed = self.flow == 0;
        }
        self.push_here(TokenKind::Value, 1);
        Ok(())
    }

    /// A token of a node, which may begin a key but has no key within.
    fn node_token(
        &mut self,
        scan: impl FnOnce(&mut Self) -> Result<Token, SyntaxError>,
    ) -> Result<(), SyntaxError> {
        self.save_candidate()?;
        self.key_allowed = false;
        let token = scan(self)?;
        self.queue.push_back(token);
        Ok(())
    }

    fn unexpected(&self) -> SyntaxError {
        self.error("found character that cannot start any token")
    }
}

/// A place in a text; texts of 4 GiB are refused.
pub(super) fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// A range of bytes.
pub(super) fn span(start: usize, end: usize) -> Span {
    Span {
        start: narrow(start),
        end: narrow(end),
    }
}

fn signed(column: usize) -> isize {
    isize::try_from(column).unwrap_or(isize::MAX)
}
