//! Encodings and hashes.

use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::super::engine::Engine;
use super::super::fault::Res;
use super::super::text::Text;
use super::super::value::Val;
use super::{Function, new, text};

pub(super) static TABLE: [Function; 8] = [
    new("b64enc", "s", |engine, args| {
        encode(engine, args, |bytes| data_encoding::BASE64.encode(bytes))
    }),
    new("b64dec", "s", |_, args| {
        Ok(match base64_decode(text(args, 0).bytes()) {
            Ok(bytes) => Text::plain(bytes).into(),
            Err(at) => format!("illegal base64 data at input byte {at}").into(),
        })
    }),
    new("b32enc", "s", |engine, args| {
        encode(engine, args, |bytes| data_encoding::BASE32.encode(bytes))
    }),
    new("b32dec", "s", |_, args| {
        let source = text(args, 0);
        let clean: Vec<u8> = source
            .bytes()
            .iter()
            .copied()
            .filter(|byte| !matches!(byte, b'\r' | b'\n'))
            .collect();
        Ok(match data_encoding::BASE32.decode(&clean) {
            Ok(bytes) => Text::plain(bytes).into(),
            Err(problem) => {
                format!("illegal base32 data at input byte {}", problem.position).into()
            }
        })
    }),
    new("sha1sum", "s", |engine, args| {
        encode(engine, args, |bytes| hex(&Sha1::digest(bytes)))
    }),
    new("sha256sum", "s", |engine, args| {
        encode(engine, args, |bytes| hex(&Sha256::digest(bytes)))
    }),
    new("sha512sum", "s", |engine, args| {
        encode(engine, args, |bytes| hex(&Sha512::digest(bytes)))
    }),
    new("adler32sum", "s", |engine, args| {
        encode(engine, args, |bytes| {
            adler2::adler32_slice(bytes).to_string()
        })
    }),
];

fn encode(engine: &mut Engine, args: &[Val], write: impl Fn(&[u8]) -> String) -> Res<Val> {
    let source = text(args, 0);
    engine.charge(source.len())?;
    engine.check_size(source.len().saturating_mul(2))?;
    Ok(write(source.bytes()).into())
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// Decodes base64 as Go does: line ends are skipped, and padding must be whole. Else where it
/// stopped.
pub(super) fn base64_decode(source: &[u8]) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(source.len() / 4 * 3);
    let mut group = 0_u32;
    let mut count = 0;
    let mut chars = source
        .iter()
        .enumerate()
        .filter(|(_, byte)| !matches!(byte, b'\r' | b'\n'));
    while let Some((at, byte)) = chars.next() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                return padding(out, group, count, at, &mut chars, source.len());
            }
            _ => return Err(at),
        };
        group = group << 6 | u32::from(value);
        count += 1;
        if count == 4 {
            out.extend_from_slice(group.to_be_bytes().get(1..).unwrap_or_default());
            group = 0;
            count = 0;
        }
    }
    if count == 0 {
        Ok(out)
    } else {
        // Go names the start of the incomplete group.
        Err(source.len() - count)
    }
}

fn padding<'s>(
    mut out: Vec<u8>,
    group: u32,
    count: usize,
    at: usize,
    rest: &mut impl Iterator<Item = (usize, &'s u8)>,
    len: usize,
) -> Result<Vec<u8>, usize> {
    match count {
        0 | 1 => return Err(at),
        2 => {
            match rest.next() {
                Some((_, b'=')) => {}
                Some((at, _)) => return Err(at),
                None => return Err(len),
            }
            out.push(u8::try_from(group >> 4 & 0xff).unwrap_or(0));
        }
        _ => {
            let bytes = (group >> 2).to_be_bytes();
            out.extend_from_slice(bytes.get(2..).unwrap_or_default());
        }
    }
    match rest.next() {
        Some((at, _)) => Err(at),
        None => Ok(out),
    }
}
