//! Random values, keys and certificates. All have fixed stand-ins in the right alphabet, length
//! and shape, which rules know as unknown.

use crate::render::base64;
use std::hash::Hasher;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::super::engine::Engine;
use super::super::fault::{Fault, Res};
use super::super::objects::{Field, Object, Struct};
use super::super::text::Text;
use super::super::value::Val;
use super::{Function, int, keep, new, text, unknown, val};

pub(super) static TABLE: [Function; 20] = [
    unknown("randAlphaNum", "i", |engine, args| {
        letters(engine, int(args, 0), ALPHANUMERIC)
    }),
    unknown("randAlpha", "i", |engine, args| {
        letters(engine, int(args, 0), ALPHA)
    }),
    unknown("randNumeric", "i", |engine, args| {
        letters(engine, int(args, 0), b"0123456789")
    }),
    unknown("randAscii", "i", |engine, args| {
        let printable: Vec<u8> = (b' '..=b'~').collect();
        letters(engine, int(args, 0), &printable)
    }),
    unknown("randInt", "ii", |engine, args| {
        let (least, most) = (int(args, 0), int(args, 1));
        let Some(width @ 1..) = most.checked_sub(least) else {
            return Err(Fault::error("invalid argument to Intn"));
        };
        let number = Random::new(engine).next() % width.unsigned_abs();
        Ok(Val::int(
            least.saturating_add(i64::try_from(number).unwrap_or(0)),
        ))
    }),
    unknown("randBytes", "i", |engine, args| {
        let count = size(engine, int(args, 0))?;
        let mut random = Random::new(engine);
        let bytes: Vec<u8> = (0..count).map(|_| random.byte()).collect();
        Ok(data_encoding::BASE64.encode(&bytes).into())
    }),
    unknown("shuffle", "s", |engine, args| {
        let source = text(args, 0);
        let mut chars: Vec<char> = source.lossy().chars().collect();
        engine.charge(chars.len())?;
        let mut random = Random::new(engine);
        for index in (1..chars.len()).rev() {
            let other = usize::try_from(random.next() % (index as u64 + 1)).unwrap_or(0);
            chars.swap(index, other);
        }
        Ok(chars.into_iter().collect::<String>().into())
    }),
    unknown("bcrypt", "s", |engine, _| Ok(bcrypt(engine)?.into())),
    keep("htpasswd", "ss", |engine, args| {
        let user = text(args, 0);
        if user.bytes().contains(&b':') {
            return Ok(format!("invalid username: {}", user.lossy()).into());
        }
        let hashed = format!("{}:{}", user.lossy(), bcrypt(engine)?);
        Ok(super::dates::noted(hashed.into(), true))
    }),
    unknown("encryptAES", "ss", |engine, args| {
        let blocks = text(args, 1).len() / 16 + 2;
        engine.check_size(blocks * 16)?;
        let mut random = Random::new(engine);
        let bytes: Vec<u8> = (0..blocks * 16).map(|_| random.byte()).collect();
        Ok(data_encoding::BASE64.encode(&bytes).into())
    }),
    new("decryptAES", "ss", decrypt),
    new("derivePassword", "issss", derive),
    unknown("genPrivateKey", "s", |_, args| {
        let kind = text(args, 0);
        Ok(match kind.bytes() {
            b"" | b"rsa" => key("RSA PRIVATE KEY"),
            b"dsa" => key("DSA PRIVATE KEY"),
            b"ecdsa" => key("EC PRIVATE KEY"),
            b"ed25519" => key("PRIVATE KEY"),
            _ => format!("Unknown type {}", kind.lossy()),
        }
        .into())
    }),
    unknown("genCA", "si", |_, _| Ok(certificate(None))),
    unknown("genCAWithKey", "sis", |_, args| {
        Ok(certificate(Some(text(args, 2))))
    }),
    unknown("genSelfSignedCert", "slli", |_, _| Ok(certificate(None))),
    unknown("genSelfSignedCertWithKey", "sllis", |_, args| {
        Ok(certificate(Some(text(args, 4))))
    }),
    unknown("genSignedCert", "sllia", |_, args| {
        check_authority(&val(args, 4))?;
        Ok(certificate(None))
    }),
    unknown("genSignedCertWithKey", "sllias", |_, args| {
        check_authority(&val(args, 4))?;
        Ok(certificate(Some(text(args, 5))))
    }),
    new("buildCustomCert", "ss", |_, args| {
        let part = |index: usize, what: &str| -> Res<Text> {
            let decoded = base64::decode(text(args, index).bytes());
            let Ok(bytes) = decoded else {
                return Err(Fault::error(format!("unable to decode base64 {what}")));
            };
            if !bytes.starts_with(b"-----BEGIN ") {
                return Err(Fault::error(format!("unable to decode {what}")));
            }
            Ok(Text::plain(bytes))
        };
        Ok(pair(part(0, "certificate")?, part(1, "private key")?))
    }),
];

const ALPHA: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Numbers that depend on the place of the call and on how many calls came before.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(engine: &mut Engine) -> Self {
        engine.random_calls += 1;
        let mut hasher = rustc_hash::FxHasher::default();
        hasher.write(engine.current.text.bytes().get(..64).unwrap_or_default());
        hasher.write_u32(engine.call.start);
        hasher.write_u64(engine.random_calls);
        Self(hasher.finish())
    }

    /// The next number, by splitmix64.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(super) fn byte(&mut self) -> u8 {
        self.next().to_le_bytes().first().copied().unwrap_or(0)
    }
}

fn size(engine: &mut Engine, count: i64) -> Res<usize> {
    let Ok(count) = usize::try_from(count) else {
        return Err(Fault::error("a negative length"));
    };
    engine.check_size(count)?;
    engine.charge(count)?;
    Ok(count)
}

fn letters(engine: &mut Engine, count: i64, alphabet: &[u8]) -> Res<Val> {
    let count = size(engine, count)?;
    let mut random = Random::new(engine);
    let mut out = Vec::with_capacity(count);
    for _ in 0..count {
        let index = random.next() % alphabet.len().max(1) as u64;
        let index = usize::try_from(index).unwrap_or(0);
        out.push(alphabet.get(index).copied().unwrap_or(b'a'));
    }
    Ok(Text::plain(out).into())
}

fn bcrypt(engine: &mut Engine) -> Res<String> {
    let hash = letters(engine, 53, ALPHANUMERIC)?;
    let hash = hash.as_str().map(|text| text.lossy().into_owned());
    Ok(format!("$2a$10${}", hash.unwrap_or_default()))
}

/// A PEM block that holds no key.
fn pem(label: &str) -> String {
    let body = "bWVzaGxpbnQgZG9lcyBub3QgbWFrZSBrZXlzIG9yIGNlcnRpZmljYXRlcy4=";
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

fn key(label: &str) -> String {
    pem(label)
}

fn pair(cert: Text, key: Text) -> Val {
    let field = |name: &'static str, val: Text| Field {
        name,
        json: name,
        omit_empty: false,
        val: val.into(),
    };
    Val::object(Object::Struct(Struct {
        type_name: "sprig.certificate",
        fields: vec![field("Cert", cert), field("Key", key)],
        shown: None,
    }))
}

fn certificate(given: Option<Text>) -> Val {
    let piece = super::super::format::unknown();
    let text = |text: String| Text::of(text.into_bytes(), piece);
    let key = given.unwrap_or_else(|| text(key("RSA PRIVATE KEY")));
    pair(text(pem("CERTIFICATE")), key)
}

fn check_authority(value: &Val) -> Res<()> {
    if value.type_name() == "sprig.certificate" {
        return Ok(());
    }
    Err(Fault::error(format!(
        "wrong type for value; expected sprig.certificate; got {}",
        value.type_name()
    )))
}

fn decrypt(_: &mut Engine, args: &[Val]) -> Res<Val> {
    use cbc::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
    let password = text(args, 0);
    let Ok(sealed) = base64::decode(text(args, 1).bytes()) else {
        return Err(Fault::error("illegal base64 data"));
    };
    let mut key = [0_u8; 32];
    for (to, from) in key.iter_mut().zip(password.bytes()) {
        *to = *from;
    }
    let Some((iv, body)) = sealed.split_at_checked(16) else {
        return Err(Fault::error("the ciphertext is too short"));
    };
    let Ok(decryptor) = cbc::Decryptor::<aes::Aes256>::new_from_slices(&key, iv) else {
        return Err(Fault::error("the ciphertext is too short"));
    };
    match decryptor.decrypt_padded_vec::<Pkcs7>(body) {
        Ok(plain) => Ok(Text::plain(plain).into()),
        Err(_) => Err(Fault::error("the ciphertext is not of this password")),
    }
}

/// Passwords that one rendering derives; each takes a tenth of a second.
const DERIVED: usize = 100;

const SEED: &[u8] = b"com.lyndir.masterpassword";

const TEMPLATES: [(&str, &[&str]); 6] = [
    ("maximum", &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"]),
    (
        "long",
        &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
    ),
    ("medium", &["CvcnoCvc", "CvcCvcno"]),
    ("short", &["Cvcn"]),
    ("basic", &["aaanaaan", "aannaaan", "aaannaaa"]),
    ("pin", &["nnnn"]),
];

fn characters(class: u8) -> &'static [u8] {
    match class {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'A' => b"AEIOUBCDFGHJKLMNPQRSTVWXYZ",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

/// The password of the Master Password algorithm.
fn derive(engine: &mut Engine, args: &[Val]) -> Res<Val> {
    let kind = text(args, 1);
    let Some((_, templates)) = TEMPLATES
        .iter()
        .find(|(name, _)| name.as_bytes() == kind.bytes())
    else {
        return Ok(format!("cannot find password template {}", kind.lossy()).into());
    };
    let Ok(counter) = u32::try_from(int(args, 0)) else {
        return Err(Fault::error("wrong type for value; expected uint32"));
    };
    let (password, user, site) = (text(args, 2), text(args, 3), text(args, 4));
    let parts = [&password, &user, &site, &kind];
    let mut input: Vec<Vec<u8>> = parts.iter().map(|part| part.bytes().to_vec()).collect();
    input.push(counter.to_be_bytes().to_vec());
    if let Some(known) = engine.derived.get(&input) {
        return Ok(known.clone().into());
    }
    if engine.derived.len() >= DERIVED {
        return Err(Fault::limit("more than 100 derived passwords"));
    }
    let failed = || Fault::error("failed to derive master key");
    let with_len = |text: &Text| {
        let mut out = SEED.to_vec();
        let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(text.bytes());
        out
    };
    let params = scrypt::Params::new(15, 8, 2).map_err(|_| failed())?;
    let mut master = [0_u8; 64];
    scrypt::scrypt(password.bytes(), &with_len(&user), &params, &mut master)
        .map_err(|_| failed())?;
    let mut message = with_len(&site);
    message.extend_from_slice(&counter.to_be_bytes());
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&master).map_err(|_| failed())?;
    mac.update(&message);
    let seed = mac.finalize().into_bytes();
    let pick = |index: usize, len: usize| {
        seed.get(index).map_or(0, |byte| usize::from(*byte)) % len.max(1)
    };
    let template = templates.get(pick(0, templates.len())).copied();
    let classes = template.unwrap_or_default().bytes().enumerate();
    let letters = classes.map(|(index, class)| {
        let set = characters(class);
        let letter = set.get(pick(index + 1, set.len())).copied();
        char::from(letter.unwrap_or(b'a'))
    });
    let derived: String = letters.collect();
    engine.derived.insert(input, derived.clone());
    Ok(derived.into())
}
