//! JSON, read and written as Go's encoding/json does.

use super::engine::Engine;
use super::fault::{Fault, Res};
use super::floats::float_json;
use super::format::scalar_piece;
use super::lexer::decode;
use super::objects::Object;
use super::text::{LITERAL, OriginId, Piece, Text, TextBuilder};
use super::track::Tracker;
use super::value::{DEEPEST, Data, Entry, Map, MapKind, Val, key};

/// Nesting beyond which a text is refused.
const DEEPEST_INPUT: usize = 128;

/// The value as JSON on one line; `html` escapes what matters in HTML.
pub(super) fn write(engine: &mut Engine, val: &Val, html: bool) -> Res<Text> {
    let mut writer = Writer {
        out: TextBuilder::default(),
        html,
        pretty: false,
    };
    writer.value(engine, val, 0)?;
    finish(engine, writer)
}

/// The value as JSON with an indentation of two.
pub(super) fn write_pretty(engine: &mut Engine, val: &Val) -> Res<Text> {
    let mut writer = Writer {
        out: TextBuilder::default(),
        html: true,
        pretty: true,
    };
    writer.value(engine, val, 0)?;
    finish(engine, writer)
}

fn finish(engine: &mut Engine, writer: Writer) -> Res<Text> {
    engine.charge(writer.out.len())?;
    Ok(writer.out.finish())
}

/// An object as the map or the string that JSON makes of it.
pub(super) fn plain(object: &Object) -> Val {
    match object {
        Object::Struct(inner) => {
            let mut map = Map::new();
            for field in &inner.fields {
                if field.json.is_empty() || (field.omit_empty && !field.val.truth()) {
                    continue;
                }
                super::value::put(&mut map, field.json, field.val.clone());
            }
            Val::map(map)
        }
        Object::Files(files) => {
            let mut map = Map::new();
            for (name, text) in &**files {
                let encoded = data_encoding::BASE64.encode(text.bytes());
                super::value::put(&mut map, name, encoded);
            }
            Val::map(map)
        }
        Object::Time(time) => time.format("2006-01-02T15:04:05.999999999Z07:00").into(),
        Object::Version(version) => version.to_string().into(),
    }
}

struct Writer {
    out: TextBuilder,
    html: bool,
    pretty: bool,
}

impl Writer {
    fn value(&mut self, engine: &mut Engine, val: &Val, depth: usize) -> Res<()> {
        if depth > DEEPEST {
            return Err(Fault::limit("values nest too deeply"));
        }
        engine.charge(1)?;
        engine.check_size(self.out.len())?;
        match &val.data {
            Data::Nil => self.out.push(b"null", scalar_piece(engine, val, "null")),
            Data::Bool(flag) => {
                let text = if *flag { "true" } else { "false" };
                self.out
                    .push(text.as_bytes(), scalar_piece(engine, val, text));
            }
            Data::Int(int, _) => {
                let text = int.to_string();
                self.out
                    .push(text.as_bytes(), scalar_piece(engine, val, &text));
            }
            Data::Float(float) => {
                let Some(text) = float_json(*float) else {
                    return Err(Fault::error(format!("json: unsupported value: {float}")));
                };
                self.out
                    .push(text.as_bytes(), scalar_piece(engine, val, &text));
            }
            Data::Str(text) => self.string(text),
            Data::Bytes(bytes) => {
                let encoded = data_encoding::BASE64.encode(bytes.bytes());
                self.string(&Text::plain(encoded));
            }
            Data::List(list) => {
                if list.nil {
                    self.out.plain("null");
                    return Ok(());
                }
                self.out.plain("[");
                for (index, item) in list.items.iter().enumerate() {
                    self.separate(index, depth + 1);
                    self.value(engine, item, depth + 1)?;
                }
                self.close(list.items.is_empty(), depth, "]");
            }
            Data::Map(_, MapKind::NilStr) => self.out.plain("null"),
            Data::Map(map, _) => {
                let entries: Vec<_> = map
                    .borrow()
                    .iter()
                    .map(|(key, entry)| (key.clone(), entry.clone()))
                    .collect();
                self.out.plain("{");
                for (index, (name, entry)) in entries.iter().enumerate() {
                    self.separate(index, depth + 1);
                    self.string(&Text::of(&**name, Piece::exact(entry.key)));
                    self.out.plain(if self.pretty { ": " } else { ":" });
                    self.value(engine, &entry.val, depth + 1)?;
                }
                self.close(entries.is_empty(), depth, "}");
            }
            Data::Object(object) => {
                if let Object::Struct(inner) = &**object
                    && !self.pretty
                {
                    // In the order of the fields.
                    self.out.plain("{");
                    let mut index = 0;
                    for field in &inner.fields {
                        if field.json.is_empty() || (field.omit_empty && !field.val.truth()) {
                            continue;
                        }
                        self.separate(index, depth + 1);
                        index += 1;
                        self.string(&Text::plain(field.json));
                        self.out.plain(":");
                        self.value(engine, &field.val, depth + 1)?;
                    }
                    self.out.plain("}");
                    return Ok(());
                }
                self.value(engine, &plain(object), depth + 1)?;
            }
        }
        Ok(())
    }

    fn separate(&mut self, index: usize, depth: usize) {
        if index > 0 {
            self.out.plain(",");
        }
        if self.pretty {
            self.out.plain(format!("\n{}", "  ".repeat(depth)));
        }
    }

    fn close(&mut self, empty: bool, depth: usize, bracket: &str) {
        if self.pretty && !empty {
            self.out.plain(format!("\n{}", "  ".repeat(depth)));
        }
        self.out.plain(bracket);
    }

    fn string(&mut self, text: &Text) {
        let pieces: Vec<_> = text.pieces_in(0..text.len()).collect();
        let last = pieces.len().saturating_sub(1);
        for (index, (start, piece)) in pieces.iter().enumerate() {
            let mut bytes = Vec::new();
            if index == 0 {
                bytes.push(b'"');
            }
            let source = text.bytes().get(*start..piece.end as usize);
            escape(&mut bytes, source.unwrap_or_default(), self.html);
            if index == last {
                bytes.push(b'"');
            }
            let flags = piece.flags & !LITERAL;
            self.out.push(&bytes, Piece { flags, ..*piece });
        }
    }
}

fn escape(out: &mut Vec<u8>, source: &[u8], html: bool) {
    let mut at = 0;
    while let Some((char, len)) = decode(source.get(at..).unwrap_or_default()) {
        match char {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\u{c}' => out.extend_from_slice(b"\\f"),
            '<' | '>' | '&' if html => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(char)).as_bytes());
            }
            '\0'..'\u{20}' | '\u{2028}' | '\u{2029}' => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(char)).as_bytes());
            }
            char::REPLACEMENT_CHARACTER if len == 1 => out.extend_from_slice(b"\\ufffd"),
            _ => out.extend_from_slice(source.get(at..at + len).unwrap_or_default()),
        }
        at += len;
    }
}

/// Reads a JSON text; the error is Go's.
pub(super) fn parse(tracker: &mut Tracker, text: &Text) -> Result<Val, String> {
    let mut reader = Reader {
        tracker,
        text,
        at: 0,
    };
    let value = reader.value(0)?;
    reader.space();
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(reader.invalid("after top-level value")),
    }
}

struct Reader<'t> {
    tracker: &'t mut Tracker,
    text: &'t Text,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(super::lexer::is_space) {
            self.at += 1;
        }
    }

    fn invalid(&self, context: &str) -> String {
        match decode(self.text.bytes().get(self.at..).unwrap_or_default()) {
            Some((char, _)) => format!("invalid character {char:?} {context}"),
            None => "unexpected end of JSON input".to_owned(),
        }
    }

    fn origin(&mut self, start: usize) -> OriginId {
        let part = self.text.slice(start..self.at);
        match part.single() {
            Some(piece) => piece.origin,
            None => self.tracker.of_text(&part),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Val, String> {
        if depth > DEEPEST_INPUT {
            return Err("exceeded max depth".to_owned());
        }
        self.space();
        let start = self.at;
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => {
                self.at += 1;
                let mut items = Vec::new();
                self.space();
                if self.peek() == Some(b']') {
                    self.at += 1;
                } else {
                    loop {
                        items.push(self.value(depth + 1)?);
                        self.space();
                        match self.peek() {
                            Some(b',') => self.at += 1,
                            Some(b']') => {
                                self.at += 1;
                                break;
                            }
                            _ => return Err(self.invalid("after array element")),
                        }
                    }
                }
                Val::list(items).map_err(|fault| fault.message.clone())
            }
            Some(b'"') => Ok(self.string()?.into()),
            Some(b't') => self.word("true", true.into(), start),
            Some(b'f') => self.word("false", false.into(), start),
            Some(b'n') => self.word("null", Val::nil(), start),
            Some(b'-' | b'0'..=b'9') => {
                while self
                    .peek()
                    .is_some_and(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
                {
                    self.at += 1;
                }
                let digits = self.text.bytes().get(start..self.at).unwrap_or_default();
                let digits = std::str::from_utf8(digits).unwrap_or_default();
                let number: Result<f64, _> = digits.parse();
                match number {
                    Ok(number) => {
                        let origin = self.origin(start);
                        Ok(Val::from(number).with_origin(origin))
                    }
                    Err(_) => Err("invalid character in numeric literal".to_owned()),
                }
            }
            _ => Err(self.invalid("looking for beginning of value")),
        }
    }

    fn word(&mut self, word: &str, value: Val, start: usize) -> Result<Val, String> {
        let rest = self.text.bytes().get(self.at..).unwrap_or_default();
        for (at, expected) in word.bytes().enumerate() {
            match rest.get(at) {
                Some(found) if *found == expected => {}
                Some(_) => {
                    self.at += at;
                    let expected = char::from(expected);
                    let context = format!("in literal {word} (expecting {expected:?})");
                    return Err(self.invalid(&context));
                }
                None => return Err("unexpected end of JSON input".to_owned()),
            }
        }
        self.at += word.len();
        let origin = self.origin(start);
        Ok(value.with_origin(origin))
    }

    fn object(&mut self, depth: usize) -> Result<Val, String> {
        self.at += 1;
        let mut map = Map::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Val::map(map));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.invalid("looking for beginning of object key string"));
            }
            let name = self.string()?;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.invalid("after object key"));
            }
            self.at += 1;
            let val = self.value(depth + 1)?;
            let entry = Entry {
                key: self.tracker.of_text(&name),
                val,
            };
            map.insert(key(name.bytes()), entry);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Val::map(map));
                }
                _ => return Err(self.invalid("after object key:value pair")),
            }
        }
    }

    fn string(&mut self) -> Result<Text, String> {
        let start = self.at;
        self.at += 1;
        let mut escaped = false;
        loop {
            match self.peek() {
                None => return Err("unexpected end of JSON input".to_owned()),
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at += 2;
                }
                Some(byte) if byte < 0x20 => return Err(self.invalid("in string literal")),
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        let quoted = self.text.slice(start..self.at);
        if !escaped
            && quoted
                .single()
                .is_none_or(|piece| piece.flags & LITERAL != 0)
        {
            return Ok(self.text.slice(start + 1..self.at - 1));
        }
        let source = quoted.lossy();
        let Ok(value) = serde_json::from_str::<String>(&source) else {
            return Err("invalid character in string escape code".to_owned());
        };
        let piece = match super::decode::whole(&quoted) {
            Some(piece) => Piece {
                flags: piece.flags & !LITERAL,
                ..piece
            },
            None => Piece {
                origin: self.tracker.of_text(&quoted),
                flags: if quoted.is_unknown() {
                    super::text::UNKNOWN
                } else {
                    0
                },
                ..Piece::PLAIN
            },
        };
        Ok(Text::of(value.into_bytes(), piece))
    }
}
