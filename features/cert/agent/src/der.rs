//! Just enough of DER to tell what key is before us, and to write each in the one form in which keys are kept.

/// Elements, one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a>(&'a [u8]);

/// One element.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'a> {
    /// Its tag.
    pub(crate) tag: u8,
    /// Its content.
    pub(crate) value: &'a [u8],
}

/// INTEGER
pub(crate) const INTEGER: u8 = 0x02;
/// OCTET STRING
pub(crate) const OCTETS: u8 = 0x04;
/// OBJECT IDENTIFIER
pub(crate) const OBJECT: u8 = 0x06;
/// SEQUENCE
pub(crate) const SEQUENCE: u8 = 0x30;
/// `[0]`
pub(crate) const FIRST: u8 = 0xa0;
/// `[1]`
pub(crate) const SECOND: u8 = 0xa1;

impl<'a> Reader<'a> {
    /// Reads what is in these bytes.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next element; none at the end, and where the bytes are none.
    pub(crate) fn next(&mut self) -> Option<Element<'a>> {
        let (tag, first) = (*self.0.first()?, usize::from(*self.0.get(1)?));
        let (length, header) = match first {
            ..=0x7f => (first, 2),
            0x81..=0x83 => {
                let more = first - 0x80;
                let bytes = self.0.get(2..2 + more)?;
                (bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), 2 + more)
            }
            _ => return None,
        };
        let value = self.0.get(header..header + length)?;
        self.0 = self.0.get(header + length..)?;
        Some(Element { tag, value })
    }

    /// The next element's content, where it has this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|element| element.tag == tag).map(|element| element.value)
    }
}

/// The parts as one element.
pub(crate) fn write(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = vec![tag];
    let bytes = length.to_be_bytes();
    let significant: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            // a length has at most eight bytes
            out.push(0x80 | u8::try_from(significant.len()).unwrap_or(8));
            out.extend(significant);
        }
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_written_is_read_back(tag: u8, value in proptest::collection::vec(any::<u8>(), 0..70_000)) {
            let written = write(tag, &[&value]);
            let mut reader = Reader::new(&written);
            let element = reader.next().unwrap();
            prop_assert_eq!((element.tag, element.value), (tag, &value[..]));
            prop_assert!(reader.next().is_none());
        }

        #[test]
        fn any_bytes_are_read_or_not_and_never_beyond_their_end(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let (mut reader, mut sum) = (Reader::new(&bytes), 0);
            while let Some(element) = reader.next() {
                sum += element.value.len();
            }
            prop_assert!(sum <= bytes.len());
        }
    }
}
