//! Encodings and hashes.

use crate::render::base64;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::super::engine::Engine;
use super::super::fault::Res;
use super::super::text::Text;
use super::super::value::Val;
use super::{Function, new, text};

pub(super) static TABLE: [Function; 8] = [
    new("b64enc", "s", |engine, args| {
        encode(engine, args, base64::encode)
    }),
    new("b64dec", "s", |_, args| {
        Ok(match base64::decode(text(args, 0).bytes()) {
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
