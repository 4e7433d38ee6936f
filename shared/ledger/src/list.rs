//! Lists, page by page: reading on until a page is full.

use crate::client::Ledger;
use crate::error::Error;
use crate::item::Item;
use crate::range::Range;

/// How many stored pages a filtered list reads for one answer; beyond, the answer is short and its cursor leads on.
const MAX_PAGES_READ: usize = 20;

/// How many items a filtered list reads at a time.
const FILTERED_PAGE: i32 = 200;

/// A page of a list and where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// The place after its last item; `None` on the last page.
    pub next: Option<String>,
}

/// A list to be shown page by page.
pub(crate) struct List<'a> {
    pub partition: String,
    pub after: Option<&'a str>,
    pub limit: usize,
    pub is_newest_first: bool,
    /// Whether only some of its items are wanted, so that more have to be read than are shown.
    pub is_filtered: bool,
}

/// What to do with an item of a list.
pub(crate) enum Verdict {
    Take,
    Skip,
    /// Neither this one nor anything after it.
    Stop,
}

impl Verdict {
    pub fn take_if(is_wanted: bool) -> Verdict {
        if is_wanted { Verdict::Take } else { Verdict::Skip }
    }
}

impl Ledger {
    /// Reads on until the page is full, the list ends or enough was read; `load` makes a stored page into what is listed,
    /// `place` names the sort key of a listed item.
    pub(crate) async fn list<T, F>(
        &self,
        list: List<'_>,
        load: impl Fn(Vec<Item>) -> F,
        verdict: impl Fn(&T) -> Verdict,
        place: impl Fn(&T) -> String,
    ) -> Result<Page<T>, Error>
    where
        F: Future<Output = Result<Vec<T>, Error>> + Send,
    {
        let mut page = Page { items: Vec::new(), next: list.after.map(str::to_owned) };
        // One more than is shown is read, to know whether there is a next page.
        let one_more = i32::try_from(list.limit.saturating_add(1)).unwrap_or(i32::MAX);
        for _ in 0..MAX_PAGES_READ {
            let range = Range {
                partition: &list.partition,
                beginning: "",
                after: page.next.as_deref(),
                limit: if list.is_filtered { one_more.max(FILTERED_PAGE) } else { one_more },
                is_newest_first: list.is_newest_first,
            };
            let (items, next) = self.query(range).await?;
            for item in load(items).await? {
                match verdict(&item) {
                    Verdict::Skip => {}
                    Verdict::Stop => return Ok(Page { items: page.items, next: None }),
                    Verdict::Take if page.items.len() == list.limit => {
                        page.next = page.items.last().map(place);
                        return Ok(page);
                    }
                    Verdict::Take => page.items.push(item),
                }
            }
            page.next = next;
            if page.next.is_none() {
                break;
            }
        }
        Ok(page)
    }
}

/// Reads each of several items.
pub(crate) fn each<T, E>(items: &[Item], read: impl Fn(&Item) -> Result<T, E>) -> Result<Vec<T>, Error>
where
    Error: From<E>,
{
    Ok(items.iter().map(read).collect::<Result<_, E>>()?)
}
