//! Anchors, aliases, tags and directives.

use super::{Scanner, Tag, Token, TokenKind, span};
use crate::yaml::tree::SyntaxError;

/// The prefix of YAML's own tags.
const CORE: &str = "tag:yaml.org,2002:";

impl<'s> Scanner<'s> {
    /// `&name` or `*name`. Names are of letters, digits, `-` and `_` alone.
    pub(super) fn anchor(&mut self, kind: TokenKind) -> Result<Token, SyntaxError> {
        let start = self.position;
        self.position += 1;
        self.skip_word();
        let ends = self.is_blank_or_end(0)
            || matches!(
                self.at(0),
                b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`'
            );
        if self.position == start + 1 || !ends {
            return Err(self.error("did not find expected alphabetic or numeric character"));
        }
        let span = span(start, self.position);
        Ok(Token { kind, span })
    }

    /// `!<uri>`, `!suffix`, `!handle!suffix` or `!`.
    pub(super) fn tag(&mut self) -> Result<Token, SyntaxError> {
        let start = self.position;
        self.position += 1;
        let tag = if self.at(0) == b'<' {
            self.position += 1;
            let uri = self.uri()?;
            if uri.is_empty() {
                return Err(self.error("did not find expected tag URI"));
            }
            if self.at(0) != b'>' {
                return Err(self.error("did not find the expected '>'"));
            }
            self.position += 1;
            uri.strip_prefix(CORE).map_or(Tag::Other, Tag::core)
        } else {
            self.skip_word();
            if self.at(0) == b'!' {
                self.position += 1;
                let is_core = self.position == start + 2;
                let suffix = self.uri()?;
                match (suffix.is_empty(), is_core) {
                    (true, _) => return Err(self.error("did not find expected tag URI")),
                    (false, true) => Tag::core(&suffix),
                    (false, false) => Tag::UndefinedHandle,
                }
            } else {
                self.uri()?;
                if self.position == start + 1 {
                    Tag::NonSpecific
                } else {
                    Tag::Other
                }
            }
        };
        if !self.is_blank_or_end(0) {
            return Err(self.error("did not find expected whitespace or line break"));
        }
        Ok(Token {
            kind: TokenKind::Tag(tag),
            span: span(start, self.position),
        })
    }

    /// `%YAML` or `%TAG`.
    pub(super) fn directive(&mut self) -> Result<(), SyntaxError> {
        self.unroll(-1);
        self.remove_candidate()?;
        self.key_allowed = false;
        let start = self.position;
        self.position += 1;
        let name = self.skip_word();
        if name.is_empty() {
            return Err(self.error("could not find expected directive name"));
        }
        if !self.is_blank_or_end(0) {
            return Err(self.error("found unexpected non-alphabetical character"));
        }
        self.skip_blanks();
        let compatible = match name {
            "YAML" => self.version()?,
            "TAG" => {
                self.tag_directive()?;
                true
            }
            _ => return Err(self.error_at(start, "found unknown directive name")),
        };
        let end = self.position;
        self.rest_of_line()?;
        self.push(TokenKind::Directive { compatible }, start, end);
        Ok(())
    }

    /// The version of YAML; whether it is 1.1.
    fn version(&mut self) -> Result<bool, SyntaxError> {
        let major = self.number()?;
        if self.at(0) != b'.' {
            return Err(self.error("did not find expected digit or '.' character"));
        }
        self.position += 1;
        let minor = self.number()?;
        Ok((major, minor) == (1, 1))
    }

    fn number(&mut self) -> Result<u8, SyntaxError> {
        let start = self.position;
        let mut number = 0;
        while self.at(0).is_ascii_digit() {
            if self.position >= start + 2 {
                return Err(self.error("found extremely long version number"));
            }
            number = number * 10 + (self.at(0) - b'0');
            self.position += 1;
        }
        if self.position == start {
            return Err(self.error("did not find expected version number"));
        }
        Ok(number)
    }

    /// Handle and prefix of a tag, which only the next document could use.
    fn tag_directive(&mut self) -> Result<(), SyntaxError> {
        let start = self.position;
        if self.at(0) != b'!' {
            return Err(self.error("did not find expected '!'"));
        }
        self.position += 1;
        self.skip_word();
        if self.at(0) == b'!' {
            self.position += 1;
        } else if self.position > start + 1 {
            return Err(self.error("did not find expected '!'"));
        }
        if !self.is_blank() {
            return Err(self.error("did not find expected whitespace"));
        }
        self.skip_blanks();
        if self.uri()?.is_empty() {
            return Err(self.error("did not find expected tag URI"));
        }
        if !self.is_blank_or_end(0) {
            return Err(self.error("did not find expected whitespace or line break"));
        }
        Ok(())
    }

    /// Goes over letters, digits, `-` and `_`.
    fn skip_word(&mut self) -> &'s str {
        let start = self.position;
        while matches!(self.at(0), b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_') {
            self.position += 1;
        }
        self.text.get(start..self.position).unwrap_or_default()
    }

    /// Goes over the characters that a tag's URI may have, its escapes decoded.
    fn uri(&mut self) -> Result<String, SyntaxError> {
        let mut uri = Vec::new();
        loop {
            match self.at(0) {
                b'%' => uri.push(self.octet()?),
                c @ (b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_') => {
                    uri.push(c);
                    self.position += 1;
                }
                c if b";/?:@&=+$,.!~*'()[]".contains(&c) => {
                    uri.push(c);
                    self.position += 1;
                }
                _ => break,
            }
        }
        String::from_utf8(uri).map_err(|_| self.error("found an incorrect UTF-8 octet"))
    }

    fn octet(&mut self) -> Result<u8, SyntaxError> {
        let digit = |ahead| char::from(self.at(ahead)).to_digit(16);
        let octet = digit(1)
            .zip(digit(2))
            .and_then(|(high, low)| u8::try_from(high << 4 | low).ok());
        let Some(octet) = octet else {
            return Err(self.error("did not find URI escaped octet"));
        };
        self.position += 3;
        Ok(octet)
    }
}
