//! Applications: handed in, amended, read.

use domain::account::Tier;
use domain::application::{Application, ApplicationStatus, Step};
use domain::company::Company;
use domain::price::require_within_parents;
use domain::program::{Policy, Program};
use domain::verification::{Facts, verify};
use domain::{AccountId, ApplicationId, Discount, IdempotencyKey, Refusal, Timestamp};
use edge::{Authorised, Fields, Problem, Reply, discount, next_cursor, view};
use ledger::{Approval, Error, Ledger, Parents, Replayed, Start};

use crate::Onboarding;
use crate::{company, verification};

/// How often an application is verified anew because a rival was faster.
const MAX_VERIFICATIONS: u32 = 3;

/// What a verified application needs to be stored.
struct Verified {
    facts: Facts,
    policy: Policy,
    default: Discount,
    account_id: AccountId,
    now: Timestamp,
}

/// What an application asks for.
pub struct Submission {
    /// What the company says about itself.
    pub company: Company,
    /// The discount that it would have.
    pub discount: Option<Discount>,
}

impl Submission {
    /// Reads the body of an application.
    pub fn read(mut fields: Fields) -> Result<Submission, Problem> {
        let company = company::read(&mut fields, None);
        let discount = fields.optional("discount", discount);
        fields.finish(company.zip(discount).map(|(company, discount)| Submission { company, discount }))
    }
}

/// `POST /accounts/{id}/applications`: apply for a child. It is verified and stored together with the outcome; when all is
/// well and the policy says so, the account exists at once.
pub async fn apply(onboarding: &Onboarding, request: &Authorised) -> Result<Reply, Problem> {
    let key = request.idempotency_key()?;
    let submission = Submission::read(request.fields()?)?;
    let viewer = request.viewer()?;
    match submit(onboarding, request, submission, key).await? {
        Replayed::First(application) => Reply::created(&view::application(&application, &viewer)),
        Replayed::Again(first) => Ok(Reply::created(&view::application(&first, &viewer))?.replayed(true)),
    }
}

/// Applies once for ever where there is a key: a repeat is answered as the first time.
pub async fn submit(
    onboarding: &Onboarding,
    request: &Authorised,
    submission: Submission,
    key: Option<IdempotencyKey>,
) -> Result<Replayed<Application>, Problem> {
    if let Some(first) = onboarding.ledger.application_of_key(key.as_ref()).await? {
        return Ok(Replayed::Again(first));
    }
    let application = submitted(request, submission)?;
    let start = Start::New { application: Box::new(application.clone()), key: key.clone(), now: request.now() };
    match verify_and_store(onboarding, request, &application, &start, |_| Ok(())).await {
        // A twin of the request may have applied a moment ago.
        Err(refused) => match onboarding.ledger.application_of_key(key.as_ref()).await {
            Ok(Some(first)) => Ok(Replayed::Again(first)),
            _ => Err(refused),
        },
        stored => stored,
    }
}

fn submitted(request: &Authorised, submission: Submission) -> Result<Application, Problem> {
    let parent = request.target()?.clone();
    let Submission { company, discount } = submission;
    let step = Step { status: ApplicationStatus::Submitted, at: request.now(), by: request.by()?, reason: None };
    Ok(Application {
        id: ApplicationId::new(request.now(), request.random()),
        program_id: parent.program_id,
        tier: parent.tier.below(),
        parent,
        status: ApplicationStatus::Submitted,
        account_id: None,
        company,
        discount,
        checks: Vec::new(),
        reviewers: Vec::new(),
        history: vec![step],
        version: 0,
    })
}

/// `PATCH /accounts/{id}/applications/{application_id}`: the applicant amends what it was asked about, which resubmits it.
pub async fn amend(onboarding: &Onboarding, request: &Authorised) -> Result<Reply, Problem> {
    let id = request.application_id()?;
    let known = find(&onboarding.ledger, request).await?;
    let mut fields = request.fields()?;
    let company = company::read(&mut fields, Some(&known.company));
    let has_discount = fields.has("discount");
    let wanted = fields.optional("discount", discount);
    let (company, wanted) = fields.finish(company.zip(wanted))?;
    let wanted = if has_discount { wanted } else { known.discount };

    let mut amended = known.clone();
    amended.resubmit(known.version, company.clone(), wanted, request.now(), request.by()?)?;
    let by = request.by()?;
    let resubmit = |application: &mut Application| {
        application.resubmit(known.version, company.clone(), wanted, request.now(), by.clone())
    };
    let stored = verify_and_store(onboarding, request, &amended, &Start::Stored(id), resubmit).await?;
    let (Replayed::First(application) | Replayed::Again(application)) = stored;
    Reply::ok(&view::application(&application, &request.viewer()?))
}

/// Verifies `candidate` and stores it with the outcome. `submit` brings what is stored at that moment into the candidate's
/// state. When a rival takes a name in between, the checks run again and will say so.
async fn verify_and_store(
    onboarding: &Onboarding,
    request: &Authorised,
    candidate: &Application,
    start: &Start,
    submit: impl Fn(&mut Application) -> Result<(), Refusal>,
) -> Result<Replayed<Application>, Problem> {
    let program = program(&onboarding.ledger, candidate).await?;
    let tier = candidate.tier.unwrap_or(Tier::Customer);
    let policy = program.verification.get(tier).unwrap_or(Policy::Manual);
    let default = program.discounts.get(tier).unwrap_or(Discount::NONE);
    let account_id = AccountId::new(request.now(), request.random());
    for _ in 0..MAX_VERIFICATIONS {
        let (parent, ancestors) = onboarding.ledger.account_line(&candidate.parent).await?;
        if let Some(wanted) = candidate.discount {
            require_within_parents(wanted, &parent, &ancestors)?;
        }
        let facts = verification::facts(onboarding, &program, &parent, candidate).await?;
        let verified = Verified { facts, policy, default, account_id, now: request.now() };
        let decide = |application: &mut Application, parents: &Parents| {
            submit(application)?;
            conclude(application, parents, &verified)
        };
        // Rows of one import change the same parent: one at a time they are not in each other's way.
        let _turn = onboarding.storing.lock().await;
        match onboarding.ledger.change_application(&candidate.parent, start, decide).await {
            Err(Error::Refused(Refusal::AlreadyRegistered)) => {}
            outcome => return Ok(outcome?),
        }
    }
    Err(Refusal::AlreadyRegistered.into())
}

fn conclude(application: &mut Application, parents: &Parents, verified: &Verified) -> Result<Approval, Refusal> {
    // The parent may have been suspended or closed since the facts were gathered.
    let facts = Facts { parent_status: parents.parent.status, ..verified.facts };
    application.take_verification(verify(&facts), verified.policy, verified.now);
    if application.status != ApplicationStatus::Approved {
        return Ok(None);
    }
    let Verified { default, account_id, now, .. } = verified;
    application.admit(&parents.parent, &parents.ancestors, *default, *account_id, *now).map(Some)
}

/// The program of an application; there always is one.
pub async fn program(ledger: &Ledger, application: &Application) -> Result<Program, Problem> {
    let missing = || Problem::internal("an application names a program that does not exist");
    ledger.program(application.program_id).await?.ok_or_else(missing)
}

/// `GET /accounts/{id}/applications` `?status=`: newest first.
pub async fn list(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let (target, viewer, paging) =
        (request.target()?, request.viewer()?, request.paging(|place| ApplicationId::parse(place).is_ok())?);
    let page = ledger.applications(target.id, status(request)?, paging.after.as_deref(), paging.limit).await?;
    let items = page.items.iter().map(|application| view::application(application, &viewer)).collect();
    Reply::ok(&view::page(items, next_cursor(&paging, page.next.as_deref())))
}

/// `GET /accounts/{id}/applications/{application_id}`.
pub async fn get(ledger: &Ledger, request: &Authorised) -> Result<Reply, Problem> {
    let application = find(ledger, request).await?;
    Reply::ok(&view::application(&application, &request.viewer()?))
}

/// The application that the path names.
pub async fn find(ledger: &Ledger, request: &Authorised) -> Result<Application, Problem> {
    let application = ledger.application(request.target()?.id, request.application_id()?).await?;
    application.ok_or_else(Problem::not_found)
}

/// The wanted status of a list of applications.
pub fn status(request: &Authorised) -> Result<Option<ApplicationStatus>, Problem> {
    let message = "must be submitted, in_review, info_requested, approved, rejected or withdrawn";
    request.query_parsed("status", ApplicationStatus::from_name, message)
}
