//! `toYaml`: values as the YAML emitter behind Kubernetes' tools writes them.

use super::engine::Engine;
use super::fault::{Fault, Res};
use super::floats::{float_g, float_json};
use super::format::scalar_piece;
use super::json;
use super::lexer::decode;
use super::strconv::whole;
use super::text::{LITERAL, Piece, Text, TextBuilder};
use super::value::{DEEPEST, Data, Entry, Key, MapKind, Val};
use super::yaml_style::{Style, escaped, natural, style};

/// Lines fold at spaces beyond this column.
const WIDTH: usize = 80;

/// The value as YAML, without the last line end.
pub(super) fn write(engine: &mut Engine, val: &Val, pretty: bool) -> Res<Text> {
    let mut emitter = Emitter {
        out: TextBuilder::default(),
        column: 0,
        fresh: true,
        pretty,
    };
    match &val.data {
        Data::Map(..) | Data::List(_) | Data::Object(_) => emitter.block(engine, val, 0, 0)?,
        _ => emitter.scalar(engine, val, 2, false)?,
    }
    let text = emitter.out.finish();
    engine.charge(text.len())?;
    let end = text.len() - usize::from(text.bytes().ends_with(b"\n"));
    Ok(text.slice(0..end))
}

struct Emitter {
    out: TextBuilder,
    column: usize,
    /// Nothing was written on this line.
    fresh: bool,
    pretty: bool,
}

impl Emitter {
    fn plain(&mut self, text: &str) {
        self.out.plain(text);
        self.column += text.chars().count();
        self.fresh = false;
    }

    fn line(&mut self, indent: usize) {
        if !self.fresh {
            self.out.plain("\n");
        }
        self.out.plain(" ".repeat(indent));
        self.column = indent;
        self.fresh = false;
    }

    /// A collection whose lines stand at `indent`; its first line has begun.
    fn block(&mut self, engine: &mut Engine, val: &Val, indent: usize, depth: usize) -> Res<()> {
        if depth > DEEPEST {
            return Err(Fault::limit("values nest too deeply"));
        }
        engine.charge(1)?;
        engine.check_size(self.out.len())?;
        match &val.data {
            Data::List(list) if list.nil => self.plain("null"),
            Data::List(list) if list.items.is_empty() => self.plain("[]"),
            Data::List(list) => {
                for (index, item) in list.items.iter().enumerate() {
                    if index > 0 {
                        self.line(indent);
                    }
                    self.plain("-");
                    self.plain(" ");
                    if is_block(item) {
                        self.block(engine, item, indent + 2, depth + 1)?;
                    } else {
                        self.scalar(engine, item, indent + 2, false)?;
                    }
                }
            }
            Data::Map(_, MapKind::NilStr) => self.plain("null"),
            Data::Map(map, _) => {
                let mut entries: Vec<(Key, Entry)> = map
                    .borrow()
                    .iter()
                    .map(|(key, entry)| (key.clone(), entry.clone()))
                    .collect();
                if entries.is_empty() {
                    self.plain("{}");
                    return Ok(());
                }
                entries.sort_by(|(a, _), (b, _)| {
                    natural(&String::from_utf8_lossy(a), &String::from_utf8_lossy(b))
                });
                for (index, (name, entry)) in entries.iter().enumerate() {
                    if index > 0 {
                        self.line(indent);
                    }
                    self.entry(engine, name, entry, indent, depth)?;
                }
            }
            Data::Object(object) => self.block(engine, &json::plain(object), indent, depth + 1)?,
            _ => self.scalar(engine, val, indent, false)?,
        }
        Ok(())
    }

    fn entry(
        &mut self,
        engine: &mut Engine,
        name: &Key,
        entry: &Entry,
        indent: usize,
        depth: usize,
    ) -> Res<()> {
        let complex = name.len() > 128;
        if complex {
            self.plain("? ");
        }
        self.string(
            &Text::of(&**name, Piece::exact(entry.key)),
            indent + 2,
            !complex,
        );
        if complex {
            self.line(indent);
        }
        self.plain(":");
        if !is_block(&entry.val) {
            self.plain(" ");
            return self.scalar(engine, &entry.val, indent + 2, false);
        }
        let is_list = matches!(&entry.val.data, Data::List(_));
        let inner = if is_list && !self.pretty {
            indent
        } else {
            indent + 2
        };
        self.line(inner);
        self.block(engine, &entry.val, inner, depth + 1)
    }

    fn scalar(&mut self, engine: &mut Engine, val: &Val, indent: usize, key: bool) -> Res<()> {
        engine.charge(1)?;
        let text = match &val.data {
            Data::Nil => "null".to_owned(),
            Data::Bool(flag) => flag.to_string(),
            Data::Int(int, _) => int.to_string(),
            Data::Float(float) => number(*float)?,
            Data::Str(text) => {
                engine.check_size(self.out.len() + text.len())?;
                self.string(text, indent, key);
                return Ok(());
            }
            Data::Bytes(bytes) => {
                let encoded = data_encoding::BASE64.encode(bytes.bytes());
                self.string(&Text::plain(encoded), indent, key);
                return Ok(());
            }
            Data::List(_) | Data::Map(..) | Data::Object(_) => {
                return self.block(engine, val, indent, 1);
            }
        };
        self.out
            .push(text.as_bytes(), scalar_piece(engine, val, &text));
        self.column += text.len();
        self.fresh = false;
        Ok(())
    }

    fn string(&mut self, text: &Text, indent: usize, key: bool) {
        let lossy = text.lossy();
        let replaced;
        let text = if lossy.as_bytes() == text.bytes() {
            text
        } else {
            let piece = text.pieces().first().copied().unwrap_or(Piece::PLAIN);
            replaced = Text::of(lossy.as_bytes(), piece);
            &replaced
        };
        match style(&lossy, key) {
            Style::Plain => self.folded(text, indent, key, None),
            Style::Single => self.folded(text, indent, key, Some(b'\'')),
            Style::Double => self.folded(text, indent, key, Some(b'"')),
            Style::Literal => self.literal(text, indent),
        }
    }

    /// Writes a plain or quoted scalar, folded at spaces beyond the width.
    fn folded(&mut self, text: &Text, indent: usize, key: bool, quote: Option<u8>) {
        let width = if self.pretty { usize::MAX } else { WIDTH };
        let bytes = text.bytes();
        let pieces: Vec<_> = text.pieces_in(0..text.len()).collect();
        if let (Some(quote), Some((_, first))) = (quote, pieces.first()) {
            self.put(&[quote], *first, 1);
        }
        let mut spaces = false;
        for (start, piece) in &pieces {
            let mut at = *start;
            let mut piece = *piece;
            if quote.is_some() {
                piece.flags &= !LITERAL;
            }
            if at == piece.end as usize {
                self.out.push(b"", piece);
            }
            while at < piece.end as usize {
                let Some((char, len)) = decode(bytes.get(at..).unwrap_or_default()) else {
                    break;
                };
                let source = bytes.get(at..at + len).unwrap_or_default();
                let next_is_space = bytes.get(at + len) == Some(&b' ');
                let inside = at > 0 && at + len < bytes.len();
                if char == ' ' {
                    let folds = !key
                        && !spaces
                        && self.column > width
                        && match quote {
                            None => !next_is_space,
                            Some(b'\'') => inside && !next_is_space,
                            Some(_) => inside,
                        };
                    if folds {
                        self.line(indent);
                        if quote == Some(b'"') && next_is_space {
                            self.put(b"\\", piece, 1);
                        }
                    } else {
                        self.put(source, piece, 1);
                    }
                    spaces = true;
                } else {
                    spaces = false;
                    match (quote, char) {
                        (Some(b'\''), '\'') => self.put(b"''", piece, 2),
                        (Some(b'"'), _) => match escaped(char) {
                            Some(escape) => self.put(escape.as_bytes(), piece, escape.len()),
                            None => self.put(source, piece, 1),
                        },
                        _ => self.put(source, piece, 1),
                    }
                }
                if piece.flags & LITERAL != 0 {
                    piece.at += super::text::offset(len);
                }
                at += len;
            }
        }
        if let (Some(quote), Some((_, last))) = (quote, pieces.last()) {
            self.put(&[quote], *last, 1);
        }
        self.fresh = false;
    }

    fn put(&mut self, bytes: &[u8], piece: Piece, columns: usize) {
        self.out.push(bytes, piece);
        self.column += columns;
        self.fresh = false;
    }

    fn literal(&mut self, text: &Text, indent: usize) {
        let bytes = text.bytes();
        let mut head = "|".to_owned();
        if matches!(bytes.first(), Some(b' ' | b'\n')) {
            head.push('2');
        }
        if !bytes.ends_with(b"\n") {
            head.push('-');
        } else if bytes.len() == 1 || bytes.ends_with(b"\n\n") {
            head.push('+');
        }
        self.plain(&head);
        self.out.plain("\n");
        let pad = " ".repeat(indent);
        let mut start = 0;
        while start < bytes.len() {
            let rest = bytes.get(start..).unwrap_or_default();
            let end = rest.iter().position(|byte| *byte == b'\n');
            let end = end.map_or(bytes.len(), |at| start + at + 1);
            if bytes.get(start) != Some(&b'\n') {
                self.out.plain(&pad);
            }
            self.out.push_slice(text, start..end);
            start = end;
        }
        self.fresh = bytes.ends_with(b"\n");
        self.column = 0;
    }
}

/// Whether a value takes lines of its own.
fn is_block(val: &Val) -> bool {
    match &val.data {
        Data::List(list) => !list.items.is_empty(),
        Data::Map(map, _) => !map.borrow().is_empty(),
        Data::Object(object) => {
            let plain = json::plain(object);
            !matches!(plain.data, Data::Object(_)) && is_block(&plain)
        }
        _ => false,
    }
}

fn number(float: f64) -> Res<String> {
    if !float.is_finite() {
        return Err(Fault::error(format!("json: unsupported value: {float}")));
    }
    if let Some(int) = whole(float) {
        return Ok(int.to_string());
    }
    if float.fract() == 0.0 && float > 0.0 && float < 18_446_744_073_709_551_616.0 {
        return Ok(float_json(float).unwrap_or_default());
    }
    Ok(float_g(float))
}
