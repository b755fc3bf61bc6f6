use std::collections::BTreeSet;

use api_kit::Language;
use api_kit::testing::Client;
use serde_json::Value;

use super::{PAGE, page, router, words};

/// The places for values in a text.
fn places(text: &str) -> BTreeSet<String> {
    text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect()
}

#[test]
fn every_language_has_the_same_words_with_the_same_places() {
    let english = words(Language::English);
    assert!(english.len() > 40, "{}", english.len());
    for language in Language::ALL {
        let own = words(language);
        assert_eq!(own.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{language:?}");
        for (key, text) in &own {
            assert_eq!(places(text), places(&english[key]), "{language:?} {key}");
            assert_eq!(text.matches('`').count(), english[key].matches('`').count(), "{language:?} {key}");
            assert_eq!(text.matches('[').count(), english[key].matches('[').count(), "{language:?} {key}");
            assert!(!text.trim().is_empty() && !text.contains('<'), "{language:?} {key}");
        }
    }
    let same = words(Language::German).iter().filter(|(key, text)| english[*key] == **text).count();
    assert!(same < 12, "{same} texts are not translated");
}

#[test]
fn every_word_of_the_page_and_of_its_script_is_there_and_each_is_used() {
    let script = include_str!("../../page/page.js");
    for language in Language::ALL {
        let own = words(language);
        let html = page(language, "");
        assert!(!html.contains("{{"), "{html}");
        assert!(html.contains(&format!("<html lang=\"{}\">", language.tag())), "{html}");
        let said: Value = {
            let text = html.split("data-words=\"").nth(1).unwrap().split('"').next().unwrap();
            let text = text.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<");
            serde_json::from_str(&text.replace("&gt;", ">").replace("&amp;", "&")).unwrap()
        };
        let codes = [
            "sign_in_locked",
            "rate_limited",
            "second_factor_wrong",
            "not_found",
            "panel_has_no_name",
            "question_over",
            "credential_refused",
            "provider_unreachable",
        ];
        for (key, text) in &own {
            match key.strip_prefix("say.") {
                Some(key) => {
                    assert_eq!(said[key], text.as_str());
                    let used = script.contains(&format!("\"{key}\"")) || codes.contains(&key);
                    assert!(used, "{key} is said nowhere");
                }
                None => assert!(PAGE.contains(&format!("{{{{{key}}}}}")), "{key} is nowhere on the page"),
            }
        }
        for said in ["say(\"", "words(\"", "refused(answer, \""] {
            for key in script.split(said).skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(own.contains_key(&format!("say.{key}")), "{key} has no words");
            }
        }
    }
}

#[tokio::test]
async fn the_page_comes_as_the_browser_prefers_and_as_was_chosen_and_keeps_where_one_goes() {
    let client = Client::new(router());
    let english = client.get("/login?to=/sites?q=%22a%3Cb&x=1").await;
    assert!(english.text.contains("<title>Holdfast: sign in</title>"), "{}", english.text);
    assert_eq!(english.header("vary"), "accept-language, cookie");
    assert!(!english.header("content-security-policy").contains("unsafe"));
    let link =
        "href=\"/login?language=de&amp;to=/sites?q=%22a%3Cb&amp;x=1\" hreflang=\"de\" lang=\"de\">Deutsch<";
    assert!(english.text.contains(link), "{}", english.text);
    let german = client.clone().header("accept-language", "de-DE,de;q=0.9,en;q=0.5").get("/login").await;
    assert!(
        german.text.contains("<html lang=\"de\">") && german.text.contains(">Anmelden<"),
        "{}",
        german.text
    );
    assert!(german.text.contains("<noscript><p>Diese Seite braucht JavaScript."), "without a script, too");
    let chosen = client.get("/login?language=de&to=/sites?q=a&x=1").await;
    assert_eq!((chosen.status.as_u16(), chosen.header("location")), (303, "/login?to=/sites?q=a&x=1"));
    let cookie = chosen.header("set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-language=de; Path=/; Max-Age=31536000; Secure"), "{cookie}");
    let kept = client.clone().header("cookie", "__Host-language=de").header("accept-language", "en");
    assert!(kept.get("/login").await.text.contains("<html lang=\"de\">"));
    for unknown in ["/login?language=fr", "/login?language=", "/login?language=%22"] {
        let answer = client.get(unknown).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login"), "{unknown}");
        assert_eq!(answer.header("set-cookie"), "", "{unknown}");
    }
    let hostile = client.get("/login?to=/%22%3E'onload=x").await;
    assert!(hostile.text.contains("&amp;to=/%22%3E&#39;onload=x\" hreflang"), "{}", hostile.text);
}
