use auth::{Actor, Login, ManageAccounts, ManagePersons, Origin, TenantScope, ViewAudit, person};
use names::{AccountId, Micros, OrganisationId};
use serde_json::json;
use store::testing::TestStore;
use store::{Statement, StoreError};

use super::*;

fn entry(action: &'static str, object: Object) -> Entry<'static> {
    Entry {
        who: Who::from(&Actor::root()),
        request_id: "r",
        action,
        object,
        before: None,
        after: Some(json!({"name": "alice"})),
        plan_hash: None,
        outcome: Outcome::Done,
    }
}

async fn three(store: &TestStore) -> AccountId {
    let account = AccountId::new();
    store
        .write(async |tx| -> Result<(), StoreError> {
            append(
                tx,
                &entry("account.create", Object::of_account("account", account, account)),
                Micros::now(),
            )
            .await?;
            append(tx, &entry("site.create", Object::of_account("site", "s", account)), Micros::now())
                .await?;
            append(tx, &entry("setting.edit", Object::of_installation("setting", "brand")), Micros::now())
                .await?;
            Ok(())
        })
        .await
        .unwrap();
    account
}

async fn head_of(store: &TestStore) -> Head {
    store.read(async |tx| head(tx).await).await.unwrap().unwrap()
}

#[tokio::test]
async fn every_statement_prepares_on_both_databases() {
    store::testing::check(env!("CARGO_MANIFEST_DIR"), STATEMENTS).await;
}

#[tokio::test]
async fn an_untouched_chain_is_intact_and_an_empty_one_too() {
    let store = TestStore::new().await;
    assert_eq!(verify(&store, &[]).await.unwrap(), Verdict::Intact { entries: 0, head: None });
    three(&store).await;
    let head = head_of(&store).await;
    assert_eq!(verify(&store, &[head]).await.unwrap(), Verdict::Intact { entries: 3, head: Some(head) });
}

#[tokio::test]
async fn a_change_of_any_column_shows() {
    const EDITS: [Statement; 20] = [
        Statement::new("UPDATE audit SET id = 'x' WHERE seq = 2"),
        Statement::new("UPDATE audit SET at = at + 1 WHERE seq = 2"),
        Statement::new("UPDATE audit SET actor_kind = 'x' WHERE seq = 2"),
        Statement::new("UPDATE audit SET actor_id = '' WHERE seq = 2"),
        Statement::new("UPDATE audit SET actor_name = 'x' WHERE seq = 2"),
        Statement::new("UPDATE audit SET origin = 'x' WHERE seq = 2"),
        Statement::new("UPDATE audit SET request_id = 'x' WHERE seq = 2"),
        Statement::new("UPDATE audit SET action = 'x' WHERE seq = 2"),
        Statement::new("UPDATE audit SET object_kind = 'x' WHERE seq = 2"),
        Statement::new("UPDATE audit SET object_id = NULL WHERE seq = 2"),
        Statement::new("UPDATE audit SET account_id = 'x' WHERE seq = 2"),
        Statement::new("UPDATE audit SET before_json = '' WHERE seq = 2"),
        Statement::new("UPDATE audit SET after_json = NULL WHERE seq = 2"),
        Statement::new("UPDATE audit SET plan_hash = '' WHERE seq = 2"),
        Statement::new("UPDATE audit SET outcome = 'x' WHERE seq = 2"),
        Statement::new("UPDATE audit SET organisation_id = 'x' WHERE seq = 2"),
        Statement::new("UPDATE audit SET via = 'token' WHERE seq = 2"),
        Statement::new("UPDATE audit SET via_id = '' WHERE seq = 2"),
        Statement::new("UPDATE audit SET prev_hash = hash WHERE seq = 2"),
        Statement::new("DELETE FROM audit WHERE seq = 2"),
    ];
    for edit in EDITS {
        let store = TestStore::new().await;
        three(&store).await;
        assert_eq!(store.write(async |tx| tx.execute(edit).await).await.unwrap(), 1);
        let verdict = verify(&store, &[]).await.unwrap();
        assert!(matches!(verdict, Verdict::Broken { seq: 2, .. }), "{}: {verdict:?}", edit.sql());
    }
}

#[tokio::test]
async fn a_chain_that_was_cut_or_made_anew_does_not_fit_a_head_kept_elsewhere() {
    const CUT: Statement = Statement::new("DELETE FROM audit WHERE seq >= $1");
    let store = TestStore::new().await;
    three(&store).await;
    let kept = head_of(&store).await;
    store.write(async |tx| tx.execute(CUT.bind(3)).await).await.unwrap();
    assert!(matches!(verify(&store, &[]).await.unwrap(), Verdict::Intact { .. }));
    assert!(matches!(verify(&store, &[kept]).await.unwrap(), Verdict::Broken { seq: 3, .. }));
    store.write(async |tx| tx.execute(CUT.bind(0)).await).await.unwrap();
    three(&store).await;
    assert!(matches!(verify(&store, &[kept]).await.unwrap(), Verdict::Broken { seq: 3, .. }));
    let anew = head_of(&store).await;
    assert!(
        matches!(verify(&store, &[kept, anew]).await.unwrap(), Verdict::Broken { seq: 3, .. }),
        "a head of the new chain does not hide the one before it"
    );
}

#[tokio::test]
async fn a_change_that_is_rolled_back_leaves_no_entry() {
    let store = TestStore::new().await;
    let failed: Result<(), StoreError> = store
        .write(async |tx| {
            append(tx, &entry("site.create", Object::none("site")), Micros::now()).await?;
            Err(StoreError::Missing)
        })
        .await;
    failed.unwrap_err();
    assert_eq!(store.read(async |tx| head(tx).await).await.unwrap(), None);
}

#[tokio::test]
async fn refused_input_leaves_the_field_and_the_code() {
    let store = TestStore::new().await;
    let field = RefusedField { pointer: "/name".into(), code: "account_name_first".into() };
    let refused = Entry {
        who: Who::anonymous(Origin::Network("192.0.2.1".parse().unwrap())),
        after: Some(json!({"never": "kept"})),
        outcome: Outcome::Refused { code: "invalid".into(), fields: vec![field] },
        ..entry("account.create", Object::none("account"))
    };
    store.write(async |tx| append(tx, &refused, Micros::now()).await).await.unwrap();
    let all = store
        .read(async |tx| list(tx, &TenantScope::All, &Of::Everyone, &Filter::default(), (None, 10)).await)
        .await
        .unwrap();
    assert_eq!(all[0].outcome, "refused");
    assert_eq!(all[0].origin, "192.0.2.1");
    assert_eq!(
        all[0].after,
        Some(json!({"code": "invalid", "errors": [{"pointer": "/name", "code": "account_name_first"}]}))
    );
}

#[tokio::test]
async fn a_list_is_paged_of_one_account_and_within_its_scope() {
    const ACCOUNT: [Statement; 3] = [
        Statement::new(
            "INSERT INTO node (id, name, created_at, updated_at, since)
             VALUES ('00000000-0000-7000-8000-0000000000aa', 'n', 0, 0, 0)",
        ),
        Statement::new("INSERT INTO used_uid (uid, account_id, account_name, claimed_at) VALUES (20000, $1, 'alice', 0)"),
        Statement::new(
            "INSERT INTO account (id, name, organisation_id, node_id, uid, email, created_at, updated_at, since)
             VALUES ($1, 'alice', '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-0000000000aa', 20000,
                     'a@example.test', 0, 0, 0)",
        ),
    ];
    let store = TestStore::new().await;
    let account = three(&store).await;
    let now = Micros::now();
    let login = |text: &str| Login::parse(text).unwrap();
    let person = store
        .write(async |tx| -> Result<_, StoreError> {
            person::bootstrap(tx, &login("root"), now).await?;
            tx.execute(ACCOUNT[0]).await?;
            tx.execute(ACCOUNT[1].bind(account)).await?;
            tx.execute(ACCOUNT[2].bind(account)).await?;
            let root = Actor::root();
            let persons = auth::own_organisation::<ManagePersons>(tx, &root).await.unwrap();
            let accounts = auth::own_organisation::<ManageAccounts>(tx, &root).await.unwrap();
            let new = person::NewPerson { login: login("alice"), email: None, password: None };
            let person = person::create(tx, &persons, &new, now).await?.unwrap();
            person::grant_owner(tx, &accounts, person, account, now).await?;
            Ok(person)
        })
        .await
        .unwrap();
    let read = async |scope: &TenantScope, of: Option<AccountId>, before| -> Vec<i64> {
        let of = of.map_or(Of::Everyone, Of::Account);
        let page = async |tx: &mut store::Tx| list(tx, scope, &of, &Filter::default(), (before, 2)).await;
        let rows = store.read(page).await.unwrap();
        rows.iter().map(|row| row.seq).collect()
    };
    assert_eq!(read(&TenantScope::All, None, None).await, [3, 2]);
    assert_eq!(read(&TenantScope::All, None, Some(2)).await, [1]);
    assert_eq!(read(&TenantScope::All, Some(account), None).await, [2, 1]);
    assert_eq!(read(&TenantScope::All, Some(AccountId::new()), None).await, [] as [i64; 0]);
    let permission = <ViewAudit as auth::Permission>::ID.as_str();
    let own = TenantScope::Granted { holder: person.to_string(), permission };
    assert_eq!(read(&own, None, None).await, [2, 1]);
    assert_eq!(read(&own, None, Some(2)).await, [1]);
    let nobody = TenantScope::Granted { holder: "nobody".to_owned(), permission };
    assert_eq!(read(&nobody, None, None).await, [] as [i64; 0]);
}

#[tokio::test]
async fn a_page_reads_its_own_entries_alone() {
    let store = TestStore::new().await;
    for statement in list::STATEMENTS {
        let plan = store.plan(*statement).await;
        assert!(
            !plan.iter().any(|step| step == "SCAN a" || step.starts_with("SCAN a ")),
            "{}: {plan:#?}",
            statement.sql()
        );
        assert!(!plan.iter().any(|step| step == "SCAN audit"), "{}: {plan:#?}", statement.sql());
    }
}

const ORGANISATION: [Statement; 3] = [
    Statement::new(
        "INSERT INTO organisation (id, parent_id, name, kind, created_at)
         VALUES ($1, '00000000-0000-7000-8000-000000000001', $2, 'reseller', 0)",
    ),
    Statement::new("INSERT INTO organisation_above (organisation_id, above_id, depth) VALUES ($1, $1, 0)"),
    Statement::new(
        "INSERT INTO organisation_above (organisation_id, above_id, depth)
         VALUES ($1, '00000000-0000-7000-8000-000000000001', 1)",
    ),
];
const GRANT: Statement = Statement::new(
    "INSERT INTO person_role (id, person_id, role_id, organisation_id, created_at) VALUES ($1, $1, $2, $3, 0)",
);

#[tokio::test]
async fn who_sees_the_audit_of_an_organisation_sees_what_concerned_it_and_its_accounts_even_when_they_are_gone()
 {
    let store = TestStore::new().await;
    let (_, account) = store.add_account("alice").await;
    let now = Micros::now();
    let (acme, other) = (OrganisationId::new(), OrganisationId::new());
    let rita = store
        .write(async |tx| -> Result<_, StoreError> {
            person::bootstrap(tx, &Login::parse("admin").unwrap(), now).await?;
            for (organisation, name) in [(acme, "acme"), (other, "other")] {
                tx.execute(ORGANISATION[0].bind(organisation).bind(name)).await?;
                tx.execute(ORGANISATION[1].bind(organisation)).await?;
                tx.execute(ORGANISATION[2].bind(organisation)).await?;
            }
            let persons = auth::own_organisation::<ManagePersons>(tx, &Actor::root()).await.unwrap();
            let new = person::NewPerson { login: Login::parse("rita").unwrap(), email: None, password: None };
            let rita = person::create(tx, &persons, &new, now).await?.unwrap();
            tx.execute(GRANT.bind(rita).bind(store::fixed::RESELLER_ROLE).bind(acme)).await?;
            tx.execute(Statement::new("UPDATE account SET organisation_id = $1").bind(acme)).await?;
            append(tx, &entry("account.create", Object::of_account("account", account, account)), now)
                .await?;
            append(tx, &entry("person.create", Object::of_organisation("person", "p", acme)), now).await?;
            append(tx, &entry("role.create", Object::of_organisation("role", "r", other)), now).await?;
            append(tx, &entry("setting.set", Object::of_installation("setting", "s")), now).await?;
            tx.execute(Statement::new("DELETE FROM account")).await?;
            Ok(rita)
        })
        .await
        .unwrap();
    let permission = <ViewAudit as auth::Permission>::ID.as_str();
    let hers = TenantScope::Granted { holder: rita.to_string(), permission };
    let read = async |scope: &TenantScope, of: Of, filter: Filter, page: (Option<i64>, i64)| -> Vec<i64> {
        let rows = store.read(async |tx| list(tx, scope, &of, &filter, page).await).await.unwrap();
        rows.iter().map(|row| row.seq).collect()
    };
    let all = Filter::default;
    assert_eq!(read(&hers, Of::Everyone, all(), (None, 10)).await, [2, 1]);
    assert_eq!(read(&hers, Of::Everyone, all(), (None, 1)).await, [2]);
    assert_eq!(read(&hers, Of::Everyone, all(), (Some(2), 1)).await, [1]);
    assert_eq!(read(&TenantScope::All, Of::Organisation(acme), all(), (None, 10)).await, [2, 1]);
    let root: OrganisationId = store::fixed::ROOT_ORGANISATION.parse().unwrap();
    assert_eq!(read(&TenantScope::All, Of::Organisation(root), all(), (None, 10)).await, [3, 2, 1]);
    let some = |text: &str| Some(text.to_owned());
    for (filter, found) in [
        (Filter { actor: some("root"), ..all() }, vec![4, 3, 2, 1]),
        (Filter { actor: some("nobody"), ..all() }, vec![]),
        (Filter { action: some("role.create"), ..all() }, vec![3]),
        (Filter { kind: some("person"), object: some("p"), ..all() }, vec![2]),
        (Filter { kind: some("role"), object: some("p"), ..all() }, vec![]),
        (Filter { outcome: some("refused"), ..all() }, vec![]),
    ] {
        assert_eq!(
            read(&TenantScope::All, Of::Everyone, filter.clone(), (None, 10)).await,
            found,
            "{filter:?}"
        );
        let of_hers: Vec<i64> = found.into_iter().filter(|seq| *seq <= 2).collect();
        assert_eq!(read(&hers, Of::Everyone, filter.clone(), (None, 10)).await, of_hers, "{filter:?}");
    }
}

#[tokio::test]
async fn an_entry_from_before_there_were_organisations_in_it_keeps_its_hash() {
    let store = TestStore::new().await;
    three(&store).await;
    let text = async |sql: &'static str| {
        let statement = Statement::new(sql);
        store.read(async |tx| tx.one::<String>(statement).await).await.unwrap()
    };
    // As the release before wrote it: the parts of the row, and nothing for the columns that it did not know.
    let parts = text(
        "SELECT prev_hash || ' ' || seq || ' ' || id || ' ' || at || ' +' || actor_kind || ' - +' || actor_name || ' +' || origin || ' +'
                || request_id || ' +' || action || ' +' || object_kind || ' +' || object_id || ' - - +' || after_json || ' - +' || outcome
                AS value FROM audit WHERE seq = 3",
    )
    .await;
    let hash = names::Digest::of_parts(parts.split(' '));
    assert_eq!(text("SELECT hash AS value FROM audit WHERE seq = 3").await, hash.to_string());
}

#[tokio::test]
async fn an_export_has_every_entry_once_in_batches() {
    let store = TestStore::new().await;
    store
        .write(async |tx| -> Result<(), StoreError> {
            for _ in 0..450 {
                append(tx, &entry("site.create", Object::none("site")), Micros::now()).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let (mut seq, mut sizes, mut seen) = (0, Vec::new(), Vec::new());
    while let Some(batch) = after(&store, seq).await.unwrap() {
        sizes.push(batch.lines.lines().count());
        for line in batch.lines.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["after"], "{\"name\":\"alice\"}", "the text that is hashed");
            seen.push(line["seq"].as_i64().unwrap());
        }
        seq = batch.head.seq;
    }
    assert_eq!(sizes, [200, 200, 50]);
    assert_eq!(seen, (1..=450).collect::<Vec<_>>());
    assert_eq!(seq, head_of(&store).await.seq);
}
