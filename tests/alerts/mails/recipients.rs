//! Everybody who has to hear of an alert does, in their own language, and nobody else.

use std::collections::BTreeMap;

use serde_json::json;
use tests::Program;
use tests::watch::Mail;

use super::{name, reached_at, recipients};
use crate::listener::{Listener, at_list_price, set_policy};

/// A reseller with 1,000.00 between a distributor and a customer, and a sibling beside it, all of whom have recipients.
struct World {
    program: Program,
    distributor: String,
    reseller: String,
    name: String,
}

/// Who is to hear of the reseller, with the language. Whoever is named by both accounts is written to as a recipient of
/// the parent, unless it is a contact: nobody can take away the parent's copy by naming its reader.
const HEARERS: [(&str, &str); 7] = [
    ("desk@shared.example", "ko"),
    ("hanoi@siam.example", "vi"),
    ("jakarta@siam.example", "id"),
    ("noc@siam.example", "zh-CN"),
    ("ops@tokyo.example", "en"),
    ("sato@tokyo.example", "ja"),
    ("somchai@siam.example", "th"),
];

impl World {
    async fn create() -> World {
        let program = Program::with(at_list_price()).await;
        let root = program.root.clone();
        let distributor = program.onboard_company(&root, &reached_at(&program, "somchai@siam.example", "th")).await;
        let company = reached_at(&program, "sato@tokyo.example", "ja");
        let reseller = program.onboard_company(&distributor, &company).await;
        let sibling = program.onboard(&distributor).await;
        let customer = program.onboard(&reseller).await;
        for (account, list) in [
            (&root, &[("desk@vendor.example", "en")][..]),
            (
                &distributor,
                &[
                    ("noc@siam.example", "zh-CN"),
                    ("jakarta@siam.example", "id"),
                    ("hanoi@siam.example", "vi"),
                    ("desk@shared.example", "ko"),
                    ("SATO@tokyo.example", "th"),
                ],
            ),
            (&reseller, &[("ops@tokyo.example", "en"), ("DESK@shared.example", "en")]),
            (&sibling, &[("sibling@other.example", "en")]),
            (&customer, &[("customer@other.example", "en")]),
        ] {
            set_policy(&program, account, &recipients(list)).await.expect(200);
        }
        program.allocate(&root, &distributor, "5000.00").await.expect(201);
        program.allocate(&distributor, &reseller, "1000.00").await.expect(201);
        World { program, distributor, reseller, name: name(&company) }
    }

    fn subjects(&self) -> [String; 7] {
        let name = &self.name;
        [
            format!("{name}의 잔여 한도가 20% 이하로 줄었습니다: 잔여 US$100.50"),
            format!("Hạn mức của {name} đã giảm xuống 20% hoặc thấp hơn: còn lại 100,50\u{a0}US$"),
            format!("Kuota {name} telah turun menjadi 20% atau kurang: tersisa US$100,50"),
            format!("{name} 的可用额度已降至 20% 或以下：剩余 US$100.50"),
            format!("Your quota has fallen to 20% or below: {name}, US$100.50 left"),
            format!("貴社の利用枠の残りが20%以下になりました：{name}、残り$100.50"),
            format!("โควตาของ {name} ลดลงเหลือ 20% หรือต่ำกว่า: คงเหลือ US$100.50"),
        ]
    }
}

#[tokio::test]
async fn the_account_and_its_parent_are_mailed_each_person_once_in_their_language() {
    let world = World::create().await;
    let World { program, distributor, reseller, .. } = &world;
    let mut listener = Listener::new(program, reseller).await;
    program.purchase(reseller, "899.50").await.expect(201);
    let heard = listener.hears(&["mailed QuotaThresholdCrossed percent 20 = 200.00"]).await;
    let addresses = HEARERS.map(|(address, _)| address);
    let mails = program.mails_of(&heard[0], &addresses).await;
    for ((mail, (_, locale)), subject) in mails.iter().zip(HEARERS).zip(world.subjects()) {
        assert_eq!(mail.subject, subject, "{:#}", mail.shown);
        let is_own = mail.to.ends_with("@tokyo.example");
        assert_eq!(mail.reader, if is_own { &**reseller } else { &**distributor }, "{:#}", mail.shown);
        check_form(mail, locale);
    }

    // And again, as nobody was mailed only by chance: at the end there are two mails for everybody.
    program.purchase(reseller, "100.50").await.expect(201);
    let heard = listener.hears(&["mailed QuotaDepleted", "silent QuotaThresholdCrossed percent 10 = 100.00"]).await;
    program.mails_of(&heard[0], &addresses).await;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for mail in program.mails_about(reseller).await {
        *counts.entry(mail.to).or_default() += 1;
    }
    assert_eq!(counts, HEARERS.map(|(address, _)| (address.to_owned(), 2)).into());
}

/// Both parts say the same and lead to the portal, and no machine answers.
fn check_form(mail: &Mail, locale: &str) {
    let Mail { about, reader, shown, text, html, .. } = mail;
    let address = |path: &str| {
        let line = text.lines().find(|line| line.ends_with(path)).unwrap_or_else(|| panic!("no link: {text}"));
        line.split_once("http").map(|(_, rest)| format!("http{rest}")).unwrap()
    };
    let [account, settings] =
        [address(&format!("/accounts/{about}")), address(&format!("/accounts/{reader}/alert-policy"))];
    for part in [text, html] {
        for content in [&account, &settings, &"100".to_owned()] {
            assert!(part.contains(content.as_str()), "{content}: {shown:#}");
        }
    }
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains(&format!("<html lang=\"{locale}\">")), "{html}");
    assert!(!text.contains("<a ") && !text.contains("&#"), "plain text: {text}");
    let headers = json!({
        "List-Unsubscribe": format!("<{settings}>"),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-Partner-Quota-Event": mail.event,
    });
    assert_eq!(shown["headers"], headers);
    assert!(shown["from"].as_str().is_some_and(|from| from.contains('@')), "{shown:#}");
}

#[tokio::test]
async fn a_provider_hears_of_its_distributors_by_the_recipients_that_it_has_set() {
    let program = Program::with(at_list_price()).await;
    let root = program.root.clone();
    let company = reached_at(&program, "lee@seoul.example", "ko");
    let distributor = program.onboard_company(&root, &company).await;
    let reseller = program.onboard(&distributor).await;
    program.allocate(&root, &distributor, "500.00").await.expect(201);
    let mut listener = Listener::new(&program, &distributor).await;
    program.purchase(&distributor, "450.00").await.expect(201);
    let heard = listener.hears(&["mailed QuotaThresholdCrossed percent 10 = 50.00"]).await;
    program.mails_of(&heard[0], &["lee@seoul.example"]).await;

    let list = recipients(&[("desk@vendor.example", "zh-CN"), ("night@vendor.example", "en")]);
    set_policy(&program, &root, &list).await.expect(200);
    program.allocate(&distributor, &reseller, "50.00").await.expect(201);
    let heard = listener.hears(&["mailed QuotaDepleted"]).await;
    let addresses = ["desk@vendor.example", "lee@seoul.example", "night@vendor.example"];
    let mails = program.mails_of(&heard[0], &addresses).await;
    let name = name(&company);
    let subjects = [
        format!("{name} 的额度已用尽：剩余 US$0.00"),
        format!("귀사의 한도가 모두 소진되었습니다: {name}, 잔여 US$0.00"),
        format!("Quota used up at {name}: US$0.00 left"),
    ];
    assert_eq!(mails.iter().map(|mail| &mail.subject).collect::<Vec<_>>(), subjects.iter().collect::<Vec<_>>());
    assert_eq!(mails[2].reader, root);
}
