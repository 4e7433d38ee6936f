//! Names of companies are data: whatever stands in them, a mail says what we wrote.

use serde_json::json;
use tests::program::items;
use tests::{Program, company};

use super::{reached_at, recipients};
use crate::listener::{Listener, at_list_price, set_policy};

/// Markup, entities, what ends a line in some programs, and what turns the direction of reading.
const HOSTILE: &str = "<img src=x onerror=alert(1)>&amp;\"'\u{2028}Bcc: eve@evil.example\u{202e}moc";

/// The same, on one line.
const SHOWN: &str = "<img src=x onerror=alert(1)>&amp;\"' Bcc: eve@evil.examplemoc";

#[tokio::test]
async fn a_hostile_name_is_harmless_in_every_part() {
    let program = Program::with(at_list_price()).await;
    let root = program.root.clone();
    let hostile = company::with(&reached_at(&program, "lee@seoul.example", "en"), &json!({ "legal_name": HOSTILE }));
    let distributor = program.onboard_company(&root, &hostile).await;
    set_policy(&program, &root, &recipients(&[("desk@vendor.example", "en")])).await.expect(200);
    program.allocate(&root, &distributor, "100.00").await.expect(201);
    let mut listener = Listener::new(&program, &distributor).await;
    program.purchase(&distributor, "100.00").await.expect(201);
    let heard = listener.hears(&["mailed QuotaDepleted", "silent QuotaThresholdCrossed percent 10 = 10.00"]).await;
    for mail in program.mails_of(&heard[0], &["desk@vendor.example", "lee@seoul.example"]).await {
        assert!(mail.subject.contains("<img src=x onerror=alert(1)>&amp;\"' Bcc: eve@evil"), "{}", mail.subject);
        assert!(mail.text.contains(SHOWN), "{}", mail.text);
        for part in [&mail.subject, &mail.text, &mail.html] {
            assert!(!part.contains(['\u{2028}', '\u{202e}']), "{part:?}");
        }
        assert!(!mail.subject.contains(char::is_control), "{:?}", mail.subject);
        assert!(!mail.html.contains("<img") && !mail.html.contains("&amp;\"'"), "{}", mail.html);
        assert!(mail.html.contains("&#60;img src=x onerror=alert(1)&#62;&#38;amp;&#34;&#39; Bcc: eve@evil.examplemoc"));
    }
    for account in [&root, &distributor] {
        let inbox = items(&program.read(account, "notifications").await);
        assert!(inbox[0]["body"].as_str().unwrap().contains(SHOWN), "{inbox:#?}");
    }
}

#[tokio::test]
async fn a_name_of_several_lines_is_not_taken_in_the_first_place() {
    let program = Program::create().await;
    for name in ["Hanbit\r\nBcc: eve@evil.example", "Hanbit\nCloud", "Han\u{0}bit", "Han\u{85}bit", "Han\u{7f}bit"] {
        let company = company::with(&program.company(), &json!({ "legal_name": name }));
        assert_eq!(program.apply(&program.root, &company).await.invalid_fields(), ["legal_name"], "{name:?}");
    }
}
