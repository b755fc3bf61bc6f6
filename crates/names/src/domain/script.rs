//! Names made to look like other names: scripts mixed within a label, and labels of look-alikes only.
//!
//! The rule for mixing is the "highly restrictive" level of Unicode's security mechanisms (UTS 39): one script, or Latin with
//! the scripts that Japanese, Chinese or Korean are written in. A label in one script that consists of Cyrillic look-alikes of
//! Latin letters alone (browsers show it as Latin) is refused under a TLD in Latin letters.
//!
//! Signs are refused as well, which IDNA 2008 has never allowed and UTS 46 lets pass: some are drawn like a slash, a colon or a
//! hyphen. Pictographs stay allowed, since some registries sell such names.

use icu_properties::props::{ExtendedPictographic, GeneralCategory, GeneralCategoryGroup, Script};
use icu_properties::{CodePointMapData, CodePointSetData};

use crate::NameError;
use crate::error::quoted;

/// Cyrillic letters drawn like a Latin one.
const LOOKALIKES: &str = "асԁеһіјӏорԛѕԝху";

pub(super) fn check(ascii: &str) -> Result<(), NameError> {
    if !ascii.split('.').any(|label| label.starts_with("xn--")) {
        return Ok(());
    }
    let latin_tld = !ascii.rsplit('.').next().unwrap_or_default().starts_with("xn--");
    for label in ascii.split('.').filter(|label| label.starts_with("xn--")) {
        let unicode = idna::domain_to_unicode(label).0;
        if let Some(sign) = unicode.chars().find(|&c| !is_word(c)) {
            let reason = format!("the domain name contains the sign {}", quoted(sign));
            return Err(NameError::new("domain_sign", reason, "use letters, digits and hyphens"));
        }
        if !single_writing_system(&unicode) {
            return Err(NameError::new(
                "domain_mixed_scripts",
                "a part of the name mixes letters of several scripts",
                "write each part in one script",
            ));
        }
        if latin_tld && unicode.chars().all(|c| LOOKALIKES.contains(c) || c.is_ascii_digit() || c == '-') {
            return Err(NameError::new(
                "domain_lookalike",
                "a part of the name consists of letters that look like Latin ones",
                "write it in Latin letters or under a domain of its own script",
            ));
        }
    }
    Ok(())
}

/// Letters with their marks, digits, the signs that IDNA 2008 allows within words, and pictographs.
fn is_word(c: char) -> bool {
    let group = CodePointMapData::<GeneralCategory>::new().get(c);
    GeneralCategoryGroup::Letter.contains(group)
        || GeneralCategoryGroup::Mark.contains(group)
        || group == GeneralCategory::DecimalNumber
        || matches!(c, '-' | '\u{b7}' | '\u{375}' | '\u{5f3}' | '\u{5f4}' | '\u{30fb}')
        || CodePointSetData::new::<ExtendedPictographic>().contains(c)
}

fn single_writing_system(label: &str) -> bool {
    const JAPANESE: &[Script] = &[Script::Latin, Script::Han, Script::Hiragana, Script::Katakana];
    const CHINESE: &[Script] = &[Script::Latin, Script::Han, Script::Bopomofo];
    const KOREAN: &[Script] = &[Script::Latin, Script::Han, Script::Hangul];
    let data = CodePointMapData::<Script>::new();
    let mut scripts: Vec<Script> = label
        .chars()
        .map(|c| data.get(c))
        .filter(|s| *s != Script::Common && *s != Script::Inherited)
        .collect();
    scripts.dedup();
    let one = scripts.iter().all(|s| Some(s) == scripts.first());
    one || [JAPANESE, CHINESE, KOREAN].iter().any(|set| scripts.iter().all(|s| set.contains(s)))
}
