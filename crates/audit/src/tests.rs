use auth::{Actor, Login, ManageAccounts, ManagePersons, Origin, TenantScope, ViewAudit, person};
use names::{AccountId, Micros};
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
    const EDITS: [Statement; 17] = [
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
    let all = store.read(async |tx| list(tx, &TenantScope::All, None, None, 10).await).await.unwrap();
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
    let read = async |scope: &TenantScope, of, before| -> Vec<i64> {
        let rows = store.read(async |tx| list(tx, scope, of, before, 2).await).await.unwrap();
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
