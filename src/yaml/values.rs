//! What scalars become: tags, keys and merges, as the decoder of go-yaml 2 has them.

use super::Span;
use super::compose::Composer;
use super::node::Style;
use super::scalar::{self, Scalar};
use super::scan::{ScalarStyle, ScalarToken, Tag, span};
use super::tree::{Data, Shape, SyntaxError};

impl Composer<'_> {
    /// A scalar with the type that its tag gives to it.
    pub(super) fn tagged(
        &mut self,
        scalar: ScalarToken,
        place: Span,
        tag: Option<Tag>,
        is_key: bool,
    ) -> Result<(), SyntaxError> {
        let mut node = Data {
            span: place,
            value: scalar.value,
            style: match scalar.style {
                ScalarStyle::Plain => Style::Plain,
                ScalarStyle::Quoted => Style::Quoted,
                ScalarStyle::Block => Style::Block,
            },
            cooked: scalar.cooked,
            ..Data::EMPTY
        };
        if let Some(tag) = tag {
            self.convert(&mut node, tag)?;
        }
        if !is_key && node.style == Style::Plain && is_infinite(self.scalar_text(&node)) {
            let text = self.scalar_text(&node);
            return Err(refusal(
                place,
                format!("{text} is no number that JSON can hold"),
            ));
        }
        self.push(node);
        Ok(())
    }

    fn convert(&mut self, node: &mut Data, tag: Tag) -> Result<(), SyntaxError> {
        let text = self.scalar_text(node);
        let found = scalar::resolve(text);
        let is_merge = text == "<<" && matches!(tag, Tag::Merge | Tag::NonSpecific);
        let (fits, wanted) = match tag {
            Tag::Int => (
                matches!(found, Scalar::Int(_)) && !scalar::is_octal_misfit(text),
                "!!int",
            ),
            Tag::Float => (
                matches!(found, Scalar::Int(_) | Scalar::Float(_)),
                "!!float",
            ),
            Tag::Bool => (matches!(found, Scalar::Bool(_)), "!!bool"),
            Tag::Null => (found == Scalar::Null, "!!null"),
            Tag::Timestamp => (scalar::is_timestamp(text), "!!timestamp"),
            Tag::Binary => {
                let Some(decoded) = decode_base64(text) else {
                    let message = "!!binary value contains invalid base64 data";
                    return Err(refusal(node.span, message.to_owned()));
                };
                let from = self.scanner.cooked.len();
                self.scanner.cooked.push_str(&decoded);
                node.value = span(from, self.scanner.cooked.len());
                node.cooked = true;
                node.style = Style::Quoted;
                return Ok(());
            }
            Tag::Str | Tag::Merge | Tag::NonSpecific | Tag::Other | Tag::UndefinedHandle => {
                node.style = match node.style {
                    _ if is_merge => Style::Plain,
                    Style::Plain => Style::Quoted,
                    style => style,
                };
                return Ok(());
            }
        };
        if !fits {
            return Err(refusal(
                node.span,
                format!("cannot decode {text:?} as a {wanted}"),
            ));
        }
        node.style = match node.style {
            Style::Plain if tag == Tag::Timestamp => Style::Quoted,
            style if tag == Tag::Timestamp => style,
            _ => Style::Plain,
        };
        Ok(())
    }

    pub(super) fn scalar_text(&self, node: &Data) -> &str {
        node.value.text(if node.cooked {
            &self.scanner.cooked
        } else {
            self.text
        })
    }

    /// Makes the keys of a mapping what JSON has for them, notes merges and repeated keys, and
    /// refuses keys that JSON cannot have.
    pub(super) fn check_keys(&mut self, mapping: u32, next: u32) -> Result<(), SyntaxError> {
        let mut keys = std::mem::take(&mut self.keys);
        keys.clear();
        let mut merges = false;
        let mut at = mapping + 1;
        while at < next {
            let Some(key) = self.nodes.get(at as usize).copied() else {
                break;
            };
            let value = key.next;
            if key.shape == Shape::Scalar
                && key.style == Style::Plain
                && self.scalar_text(&key) == "<<"
            {
                merges = true;
                self.check_merge(value)?;
            } else {
                self.key(at)?;
                keys.push(at);
            }
            at = self
                .nodes
                .get(value as usize)
                .map_or(next, |node| node.next);
        }
        let duplicates = self.find_repeated(&keys);
        if let Some(node) = self.nodes.get_mut(mapping as usize) {
            node.merges = merges;
            node.duplicates = duplicates;
        }
        self.keys = keys;
        Ok(())
    }

    /// Makes a key text: JSON has no other keys. An alias becomes what it stands for.
    fn key(&mut self, index: u32) -> Result<(), SyntaxError> {
        let Some(mut key) = self.nodes.get(index as usize).copied() else {
            return Ok(());
        };
        let place = key.span;
        if key.shape == Shape::Alias {
            let target = self.nodes.get(key.value.start as usize).copied();
            key = Data {
                span: place,
                next: key.next,
                ..target.unwrap_or(key)
            };
        }
        let message = match key.shape {
            Shape::Mapping => "a mapping cannot be a key".to_owned(),
            Shape::Sequence => "a list cannot be a key".to_owned(),
            Shape::Scalar | Shape::Alias => match self.key_text(&key) {
                Ok(None) => {
                    if let Some(node) = self.nodes.get_mut(index as usize) {
                        *node = key;
                    }
                    return Ok(());
                }
                Ok(Some(text)) => {
                    let from = self.scanner.cooked.len();
                    self.scanner.cooked.push_str(&text);
                    key.value = span(from, self.scanner.cooked.len());
                    key.cooked = true;
                    if let Some(node) = self.nodes.get_mut(index as usize) {
                        *node = key;
                    }
                    return Ok(());
                }
                Err(message) => message,
            },
        };
        Err(refusal(place, message))
    }

    /// The text of a key that is none as it stands.
    fn key_text(&self, key: &Data) -> Result<Option<String>, String> {
        let written = self.scalar_text(key);
        if key.style != Style::Plain {
            return Ok(None);
        }
        let text = match scalar::resolve(written) {
            Scalar::Str(_) => return Ok(None),
            Scalar::Null => return Err("null cannot be a key".to_owned()),
            Scalar::Bool(value) => value.to_string(),
            #[expect(clippy::cast_precision_loss, reason = "it is a float of Go's")]
            Scalar::Int(value) if scalar::is_octal_misfit(written) => {
                scalar::float_key(value as f64)
            }
            Scalar::Int(value) if i64::try_from(value).is_err() => {
                return Err(format!("{written} is too large to be a key"));
            }
            Scalar::Int(value) => value.to_string(),
            Scalar::Float(value) => scalar::float_key(value),
        };
        Ok((text != written).then_some(text))
    }

    /// What a merge key brings must be mappings.
    fn check_merge(&self, value: u32) -> Result<(), SyntaxError> {
        let shape = |index: u32| {
            let node = self.nodes.get(index as usize)?;
            let target = match node.shape {
                Shape::Alias => self.nodes.get(node.value.start as usize)?,
                _ => node,
            };
            Some((
                target.shape,
                node.shape == Shape::Alias,
                node.span,
                node.next,
            ))
        };
        let refuse = |place| {
            let message = "map merge requires map or sequence of maps as the value";
            Err(refusal(place, message.to_owned()))
        };
        match shape(value) {
            Some((Shape::Mapping, ..)) | None => Ok(()),
            Some((Shape::Sequence, false, _, end)) => {
                let mut at = value + 1;
                while at < end {
                    match shape(at) {
                        Some((Shape::Mapping, _, _, next)) => at = next,
                        Some((_, _, place, _)) => return refuse(place),
                        None => break,
                    }
                }
                Ok(())
            }
            Some((_, _, place, _)) => refuse(place),
        }
    }

    /// Notes the keys that stood before already, and says whether there are any.
    fn find_repeated(&mut self, keys: &[u32]) -> bool {
        let before = self.duplicates.len();
        let key = |index: &u32| {
            let node = self.nodes.get(*index as usize)?;
            Some((self.scalar_text(node), node.span))
        };
        let mut repeated = Vec::new();
        if keys.len() <= 12 {
            for (position, (text, span)) in keys.iter().filter_map(key).enumerate() {
                let mut others = keys.iter().take(position).filter_map(key);
                if others.any(|(other, _)| other == text) {
                    repeated.push(span);
                }
            }
        } else {
            let mut seen = rustc_hash::FxHashSet::default();
            for (text, span) in keys.iter().filter_map(key) {
                if !seen.insert(text) {
                    repeated.push(span);
                }
            }
        }
        self.duplicates.append(&mut repeated);
        self.duplicates.len() > before
    }
}

fn refusal(span: Span, message: String) -> SyntaxError {
    SyntaxError { span, message }
}

/// Whether a plain scalar is infinite or not a number.
fn is_infinite(text: &str) -> bool {
    text.len() <= 5
        && text.ends_with(['f', 'F', 'n', 'N'])
        && matches!(scalar::resolve(text), Scalar::Float(value) if !value.is_finite())
}

/// The text of base64 data, line breaks passed over; what is no UTF-8 becomes `�`, as in JSON.
fn decode_base64(text: &str) -> Option<String> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|b| !matches!(b, b'\n' | b'\r'))
        .collect();
    if !digits.len().is_multiple_of(4) {
        return None;
    }
    let data = digits
        .strip_suffix(b"==")
        .or_else(|| digits.strip_suffix(b"="))
        .unwrap_or(&digits);
    let mut bytes = Vec::with_capacity(data.len() / 4 * 3 + 2);
    for group in data.chunks(4) {
        let mut bits = 0_u32;
        for digit in group {
            let value = match digit {
                b'A'..=b'Z' => digit - b'A',
                b'a'..=b'z' => digit - b'a' + 26,
                b'0'..=b'9' => digit - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(value);
        }
        if group.len() < 2 {
            return None;
        }
        bits <<= 6 * (4 - group.len());
        let [_, first, second, third] = bits.to_be_bytes();
        bytes.extend([first, second, third].iter().take(group.len() - 1));
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
