//! The companies of the demo program. All are invented; their mail domains are reserved for documentation.

/// A company and what it does in the program.
#[derive(Debug)]
pub(super) struct Partner {
    /// Names it in keys, and in its mail domain `slug.example`.
    pub(super) slug: &'static str,
    /// The end of its console account id.
    pub(super) number: u32,
    pub(super) legal_name: &'static str,
    pub(super) country: &'static str,
    pub(super) registration_number: &'static str,
    pub(super) locale: &'static str,
    pub(super) contact: &'static str,
    pub(super) phone: &'static str,
    /// What its parent hands down to it, in dollars.
    pub(super) quota: &'static str,
    /// List amount and product of each order.
    pub(super) purchases: &'static [(&'static str, &'static str)],
    pub(super) children: &'static [Partner],
}

/// Verified by hand, as the program asks of distributors.
pub(super) static DISTRIBUTORS: [Partner; 3] = [
    partner(
        Named("meridian-distribution", 1, "Meridian Cloud Distribution Pte. Ltd.", "SG", "201512345K", "en"),
        Person("Tan Wei Ling", "+6565550101"),
        "500000.00",
        &[],
        &[
            partner(
                Named("awan-nusantara", 11, "PT Awan Nusantara Teknologi", "ID", "8120001234567", "id"),
                Person("Dewi Lestari", "+622155501011"),
                "120000.00",
                &[("1800.00", "Virtual machines, 3-month commitment")],
                &[
                    customer(
                        Named("kopi-rasa", 111, "PT Kopi Rasa Nusantara", "ID", "8120007654321", "id"),
                        Person("Budi Santoso", "+622155501111"),
                        "25000.00",
                        &[("4800.00", "Virtual machines, 12-month commitment"), ("950.00", "Object storage, 50 TB")],
                    ),
                    customer(
                        Named("laut-biru", 112, "PT Laut Biru Logistik", "ID", "8120009988776", "id"),
                        Person("Siti Rahmawati", "+622155501112"),
                        "5000.00",
                        &[("5000.00", "Managed database, 12-month commitment")],
                    ),
                ],
            ),
            partner(
                Named("may-viet", 12, "Công ty TNHH Giải pháp Mây Việt", "VN", "0312345678", "vi"),
                Person("Nguyễn Minh Anh", "+842855501012"),
                "80000.00",
                &[],
                &[customer(
                    Named("nong-san-song-hong", 121, "Công ty Cổ phần Nông sản Sông Hồng", "VN", "0108765432", "vi"),
                    Person("Trần Quốc Bảo", "+842455501121"),
                    "18000.00",
                    &[("2400.00", "Kubernetes cluster, annual"), ("610.50", "Content delivery, 20 TB")],
                )],
            ),
            partner(
                Named("siam-cloud", 13, "บริษัท สยามคลาวด์ โซลูชั่นส์ จำกัด", "TH", "0105561234567", "th"),
                Person("สมชาย ใจดี", "+6625550113"),
                "90000.00",
                &[],
                &[
                    customer(
                        Named("krua-thai", 131, "บริษัท ครัวไทยเดลิเวอรี่ จำกัด", "TH", "0105562345678", "th"),
                        Person("มาลี ศรีสุข", "+6625550131"),
                        "12000.00",
                        &[("3200.00", "Virtual machines, 12-month commitment")],
                    ),
                    customer(
                        Named("andaman-travel", 132, "บริษัท อันดามัน ทราเวล จำกัด", "TH", "0835563456789", "th"),
                        Person("อนันต์ ทองดี", "+6676555132"),
                        "9000.00",
                        &[("1500.00", "Object storage, 80 TB"), ("720.00", "Load balancer, annual")],
                    ),
                ],
            ),
            partner(
                Named("straits-systems", 14, "Straits Systems Pte. Ltd.", "SG", "201823456M", "en"),
                Person("Priya Nair", "+6565550114"),
                "100000.00",
                &[],
                &[customer(
                    Named("kampong-health", 141, "Kampong Health Pte. Ltd.", "SG", "202034567R", "en"),
                    Person("Marcus Lim", "+6565550141"),
                    "30000.00",
                    &[("8600.00", "Managed database, 12-month commitment"), ("1250.00", "Backup vault, annual")],
                )],
            ),
        ],
    ),
    partner(
        Named("donghai-distribution", 2, "东海云分销（上海）有限公司", "CN", "91310115MA1K3ABC2X", "zh-CN"),
        Person("王晓梅", "+862155500102"),
        "400000.00",
        &[],
        &[
            partner(
                Named("chengyun", 21, "杭州澄云科技有限公司", "CN", "91330106MA2B4DEF3Y", "zh-CN"),
                Person("陈志远", "+8657155500121"),
                "110000.00",
                &[("2600.00", "Virtual machines, 6-month commitment")],
                &[
                    customer(
                        Named("haigang-logistics", 211, "宁波海港物流有限公司", "CN", "91330200MA2C5GHJ4U", "zh-CN"),
                        Person("林海", "+8657455500211"),
                        "28000.00",
                        &[("6400.00", "Kubernetes cluster, annual")],
                    ),
                    customer(
                        Named("jinxiu-textile", 212, "苏州锦绣纺织有限公司", "CN", "91320500MA1D6KLM5W", "zh-CN"),
                        Person("周敏", "+8651255500212"),
                        "15000.00",
                        &[("2100.00", "Object storage, 100 TB"), ("480.00", "Load balancer, annual")],
                    ),
                ],
            ),
            partner(
                Named("pengtu-software", 22, "深圳鹏途软件有限公司", "CN", "91440300MA5E7NPQ6T", "zh-CN"),
                Person("黄俊杰", "+8675555500122"),
                "95000.00",
                &[],
                &[
                    customer(
                        Named("lingnan-foods", 221, "广州岭南食品有限公司", "CN", "91440101MA5F8RST7G", "zh-CN"),
                        Person("梁嘉欣", "+862055500221"),
                        "20000.00",
                        &[("3900.00", "Managed database, 12-month commitment")],
                    ),
                    customer(
                        Named("foshan-precision", 222, "佛山精密制造有限公司", "CN", "91440600MA4G9UWX8H", "zh-CN"),
                        Person("何伟强", "+8675755500222"),
                        "22000.00",
                        &[("7700.00", "GPU instances, 3-month commitment")],
                    ),
                ],
            ),
            partner(
                Named("shuyun", 23, "成都蜀云信息技术有限公司", "CN", "91510100MA6H1YAB9J", "zh-CN"),
                Person("刘思雨", "+862855500123"),
                "60000.00",
                &[],
                &[customer(
                    Named("shancheng-travel", 231, "重庆山城旅游有限公司", "CN", "91500000MA6J2CDE1K", "zh-CN"),
                    Person("邓丽", "+862355500231"),
                    "10000.00",
                    &[("1320.00", "Content delivery, 40 TB")],
                )],
            ),
            partner(
                Named("harbour-bridge", 24, "Harbour Bridge Technology Limited", "HK", "68123456", "en"),
                Person("Chan Ka Yan", "+85255500124"),
                "70000.00",
                &[],
                &[customer(
                    Named("lantau-retail", 241, "Lantau Retail Limited", "HK", "69234567", "en"),
                    Person("Jason Cheung", "+85255500241"),
                    "16000.00",
                    &[("5400.00", "Virtual machines, 12-month commitment")],
                )],
            ),
        ],
    ),
    partner(
        Named("sakura-distribution", 3, "さくら雲流通株式会社", "JP", "7010401012345", "ja"),
        Person("佐藤 美咲", "+81355500103"),
        "450000.00",
        &[],
        &[
            partner(
                Named("yamato-solutions", 31, "株式会社やまとソリューションズ", "JP", "8011101023456", "ja"),
                Person("鈴木 健一", "+81355500131"),
                "130000.00",
                &[],
                &[
                    customer(
                        Named("minato-shokuhin", 311, "株式会社みなと食品", "JP", "9020001034567", "ja"),
                        Person("高橋 由美", "+81455500311"),
                        "32000.00",
                        &[("9200.00", "Managed database, 12-month commitment"), ("640.00", "Backup vault, annual")],
                    ),
                    customer(
                        Named("kyo-washi", 312, "京和紙工房合同会社", "JP", "1130003045678", "ja"),
                        Person("中村 修", "+81755550312"),
                        "8000.00",
                        &[("1100.00", "Object storage, 30 TB")],
                    ),
                ],
            ),
            partner(
                Named("naniwa-cloud", 32, "なにわクラウドサービス株式会社", "JP", "2120001056789", "ja"),
                Person("山本 直樹", "+81665550132"),
                "75000.00",
                &[],
                &[customer(
                    Named("tenma-seiki", 321, "天満精機株式会社", "JP", "3120901067890", "ja"),
                    Person("井上 香織", "+81665550321"),
                    "21000.00",
                    &[("4300.00", "GPU instances, 3-month commitment")],
                )],
            ),
            partner(
                Named("hangang-cloud", 33, "주식회사 한강클라우드", "KR", "110111-7012345", "ko"),
                Person("김민준", "+82255501133"),
                "115000.00",
                &[("3300.00", "Virtual machines, 3-month commitment")],
                &[
                    customer(
                        Named("saebyeok-food", 331, "주식회사 새벽푸드", "KR", "110111-7123456", "ko"),
                        Person("이서연", "+82255501331"),
                        "26000.00",
                        &[("5600.00", "Kubernetes cluster, annual"), ("880.00", "Content delivery, 30 TB")],
                    ),
                    customer(
                        Named("hallasan-tour", 332, "한라산투어 주식회사", "KR", "220111-0234567", "ko"),
                        Person("박지훈", "+82645551332"),
                        "7000.00",
                        &[("1750.00", "Virtual machines, 12-month commitment")],
                    ),
                ],
            ),
            partner(
                Named("haeundae-data", 34, "해운대데이터 주식회사", "KR", "180111-1345678", "ko"),
                Person("최수빈", "+82515551134"),
                "65000.00",
                &[],
                &[customer(
                    Named("dongnae-trading", 341, "주식회사 동래물산", "KR", "180111-1456789", "ko"),
                    Person("정하은", "+82515551341"),
                    "14000.00",
                    &[("2950.00", "Managed database, 12-month commitment")],
                )],
            ),
        ],
    ),
];

/// A distributor whose application waits in the verifier's queue.
pub(super) static APPLICANT: Partner = partner(
    Named("southern-aurora", 4, "Southern Aurora Networks Pty Ltd", "AU", "51 824 753 556", "en"),
    Person("Olivia Walker", "+61255500104"),
    "0.00",
    &[],
    &[],
);

/// Slug, number, legal name, country, registration number, locale.
struct Named(&'static str, u32, &'static str, &'static str, &'static str, &'static str);
/// Name and telephone number.
struct Person(&'static str, &'static str);

const fn partner(
    Named(slug, number, legal_name, country, registration_number, locale): Named,
    Person(contact, phone): Person,
    quota: &'static str,
    purchases: &'static [(&'static str, &'static str)],
    children: &'static [Partner],
) -> Partner {
    Partner {
        slug,
        number,
        legal_name,
        country,
        registration_number,
        locale,
        contact,
        phone,
        quota,
        purchases,
        children,
    }
}

const fn customer(
    named: Named,
    person: Person,
    quota: &'static str,
    purchases: &'static [(&'static str, &'static str)],
) -> Partner {
    partner(named, person, quota, purchases, &[])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn all() -> Vec<&'static Partner> {
        let mut open: Vec<&Partner> = DISTRIBUTORS.iter().chain([&APPLICANT]).collect();
        let mut all = Vec::new();
        while let Some(partner) = open.pop() {
            all.push(partner);
            open.extend(partner.children);
        }
        all
    }

    #[test]
    fn there_are_three_distributors_with_thirty_partners_below_them() {
        assert_eq!(all().len(), DISTRIBUTORS.len() + 30 + [&APPLICANT].len());
        let locales: BTreeSet<_> = all().iter().map(|partner| partner.locale).collect();
        assert_eq!(locales, ["en", "id", "ja", "ko", "th", "vi", "zh-CN"].into());
    }

    #[test]
    fn nothing_that_must_be_unique_comes_twice() {
        let count = all().len();
        let distinct = |key: fn(&Partner) -> String| all().into_iter().map(key).collect::<BTreeSet<_>>().len();
        assert_eq!(distinct(|partner| partner.slug.to_owned()), count);
        assert_eq!(distinct(|partner| partner.number.to_string()), count);
        assert_eq!(distinct(|partner| partner.legal_name.to_owned()), count);
        assert_eq!(distinct(|partner| format!("{}{}", partner.country, partner.registration_number)), count);
    }

    fn cents(amount: &str) -> u64 {
        let (whole, cents) = amount.split_once('.').unwrap();
        assert_eq!(cents.len(), 2, "{amount}");
        whole.parse::<u64>().unwrap().checked_mul(100).unwrap().checked_add(cents.parse().unwrap()).unwrap()
    }

    #[test]
    fn everybodys_quota_covers_what_they_hand_down_and_buy() {
        // At list price, which is more than anybody pays.
        for partner in all() {
            let handed_down = partner.children.iter().map(|child| cents(child.quota));
            let bought = partner.purchases.iter().map(|(list_amount, _)| cents(list_amount));
            assert!(handed_down.chain(bought).sum::<u64>() <= cents(partner.quota), "{}", partner.slug);
        }
    }
}
