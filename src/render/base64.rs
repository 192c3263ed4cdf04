//! Base64 as Go reads and writes it.

/// Encodes bytes.
pub(super) fn encode(bytes: &[u8]) -> String {
    data_encoding::BASE64.encode(bytes)
}

/// The text that base64 stands for; `None` for what is none, or no text.
pub(super) fn decode_text(source: &str) -> Option<String> {
    String::from_utf8(decode(source.trim().as_bytes()).ok()?).ok()
}

/// Decodes base64 as Go does: line ends are skipped, and padding must be whole. Else where it
/// stopped.
pub(super) fn decode(source: &[u8]) -> Result<Vec<u8>, usize> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_passed_over_and_padding_is_needed() {
        assert_eq!(decode_text("c2hv\ncA==\n").as_deref(), Some("shop"));
        assert_eq!(decode(b"c2hvcA"), Err(4));
        assert_eq!(decode(b"c2hv*A=="), Err(4));
        assert_eq!(
            decode(encode(b"\xff\x00a").as_bytes()),
            Ok(b"\xff\x00a".to_vec())
        );
    }
}
