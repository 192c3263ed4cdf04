//! JSON, as Go's decoder reads it: a text that begins with `{` is JSON to kubectl first. There
//! `\/` and surrogates are escapes, U+0085 and U+2028 are characters like any other, and keys may
//! have any length.

use super::compose::Composer;
use super::node::Style;
use super::scan::span;
use super::tree::{Data, Shape, SyntaxError};

/// Whether a text may be a stream of JSON values.
pub(super) fn may_begin(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// The place of the next character that is not white space.
pub(super) fn skip_space(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let space = rest
        .bytes()
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    from + space.count()
}

/// Reads the value at `from` and gives where it ends.
pub(super) fn value(composer: &mut Composer<'_>, from: usize) -> Result<u32, SyntaxError> {
    let mut reader = Reader {
        bytes: composer.text.as_bytes(),
        position: from,
        composer,
    };
    reader.value()?;
    Ok(super::scan::narrow(reader.position))
}

/// An open collection.
struct Open {
    node: u32,
    is_object: bool,
}

struct Reader<'c, 's> {
    composer: &'c mut Composer<'s>,
    bytes: &'s [u8],
    position: usize,
}

impl Reader<'_, '_> {
    /// A value with all that is in it; without recursion, by a stack of open collections.
    fn value(&mut self) -> Result<(), SyntaxError> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            // A value begins here.
            let is_open = match self.at() {
                b'{' => self.open(Shape::Mapping, &mut open)?,
                b'[' => self.open(Shape::Sequence, &mut open)?,
                b'"' => {
                    self.string()?;
                    false
                }
                _ => {
                    self.word()?;
                    false
                }
            };
            // The collection that was opened may be empty; the value may be the last of some.
            let mut after_value = !is_open;
            loop {
                let Some(last) = open.last() else {
                    return Ok(());
                };
                let (close, is_object) = if last.is_object {
                    (b'}', true)
                } else {
                    (b']', false)
                };
                self.skip_space();
                if self.at() == close {
                    self.position += 1;
                    let end = super::scan::narrow(self.position);
                    let node = last.node;
                    open.pop();
                    self.composer.close(node, Some(end))?;
                    after_value = true;
                    continue;
                }
                if after_value {
                    self.expect(b',', "expected ',' or the end of the collection")?;
                    self.skip_space();
                }
                if is_object {
                    if self.at() != b'"' {
                        return Err(self.error("expected a key in quotes"));
                    }
                    self.string()?;
                    self.skip_space();
                    self.expect(b':', "expected ':'")?;
                    self.skip_space();
                }
                break;
            }
        }
    }

    fn open(&mut self, shape: Shape, open: &mut Vec<Open>) -> Result<bool, SyntaxError> {
        let start = super::scan::narrow(self.position);
        let depth = u32::try_from(open.len()).unwrap_or(u32::MAX);
        let node = self.composer.open(shape, Style::Flow, start, depth)?;
        open.push(Open {
            node,
            is_object: shape == Shape::Mapping,
        });
        self.position += 1;
        Ok(true)
    }

    /// A string, which is a key or a value.
    fn string(&mut self) -> Result<(), SyntaxError> {
        let start = self.position;
        self.position += 1;
        let mut piece = self.position;
        let mut cooked = None;
        loop {
            match self.at() {
                b'"' => break,
                b'\\' => {
                    cooked.get_or_insert(self.composer.scanner.cooked.len());
                    self.composer.scanner.cook(piece, self.position);
                    let c = self.escape()?;
                    self.composer.scanner.cooked.push(c);
                    piece = self.position;
                }
                0..=0x1F => return Err(self.error("invalid character in a string")),
                _ => self.position += 1,
            }
        }
        let end = self.position;
        self.position += 1;
        let value = match cooked {
            None => span(piece, end),
            Some(from) => {
                self.composer.scanner.cook(piece, end);
                span(from, self.composer.scanner.cooked.len())
            }
        };
        self.composer.push(Data {
            span: span(start, self.position),
            value,
            style: Style::Quoted,
            cooked: cooked.is_some(),
            ..Data::EMPTY
        });
        Ok(())
    }

    fn escape(&mut self) -> Result<char, SyntaxError> {
        let c = match self.ahead(1) {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{C}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code(),
            _ => return Err(self.error("invalid character in an escape")),
        };
        self.position += 2;
        Ok(c)
    }

    /// `\uXXXX`, or two of them that are a surrogate pair. Half a pair stands for `�`.
    fn code(&mut self) -> Result<char, SyntaxError> {
        let Some(first) = self.unit(0) else {
            return Err(self.error("invalid character in an escape"));
        };
        self.position += 6;
        if let Some(c) = char::from_u32(first) {
            return Ok(c);
        }
        if (0xD800..0xDC00).contains(&first)
            && let Some(second) = self.unit(0)
            && (0xDC00..0xE000).contains(&second)
        {
            self.position += 6;
            let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    /// The number of the escape `\uXXXX` so far ahead.
    fn unit(&self, ahead: usize) -> Option<u32> {
        if self.ahead(ahead) != b'\\' || self.ahead(ahead + 1) != b'u' {
            return None;
        }
        (2..6).try_fold(0, |number, digit| {
            let digit = char::from(self.ahead(ahead + digit)).to_digit(16)?;
            Some(number << 4 | digit)
        })
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<(), SyntaxError> {
        let start = self.position;
        while matches!(self.at(), b'0'..=b'9' | b'a'..=b'z' | b'E' | b'+' | b'-' | b'.') {
            self.position += 1;
        }
        let text = self
            .composer
            .text
            .get(start..self.position)
            .unwrap_or_default();
        if !matches!(text, "true" | "false" | "null") && !is_number(text) {
            self.position = start;
            return Err(self.error("expected a value"));
        }
        let place = span(start, self.position);
        self.composer.push(Data {
            span: place,
            value: place,
            ..Data::EMPTY
        });
        Ok(())
    }

    fn expect(&mut self, byte: u8, message: &str) -> Result<(), SyntaxError> {
        if self.at() != byte {
            return Err(self.error(message));
        }
        self.position += 1;
        Ok(())
    }

    fn skip_space(&mut self) {
        self.position = skip_space(self.composer.text, self.position);
    }

    fn at(&self) -> u8 {
        self.ahead(0)
    }

    fn ahead(&self, ahead: usize) -> u8 {
        self.bytes.get(self.position + ahead).copied().unwrap_or(0)
    }

    fn error(&self, message: &str) -> SyntaxError {
        SyntaxError::at(self.composer.text, self.position, message)
    }
}

/// Whether a text is a number of JSON: no leading zeros, digits around the point.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent
            .is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}
