//! Paragraphs that are not in English.

mod common;

use common::{Folder, all};
use demarche::{Row, TrainParams, Trainer};
use serde_json::{Value, json};

const ARTICLE: &str = "\
Beijing raised tariffs on American steel and threatened Taiwan with warships.

Envoys welcomed a deal on duties and praised friendly talks.

Click here to subscribe to our newsletter.
";

#[test]
fn paragraphs_in_other_languages_keep_their_language_and_get_no_label() {
    let folder = Folder::with_model();
    let russian = "Пекин вводит ответные пошлины на американские товары.";
    let german = "Das Handelsministerium in Peking verurteilte die neuen Zölle auf Stahl scharf.";
    folder.put("a.txt", format!("{ARTICLE}\n{russian}\n\n{german}\n"));
    let line = "classify --model m.demarche a.txt --explain 1";
    let said = folder.jsonl(&format!("{line} --format jsonl"));
    let (null, none) = (Value::Null, json!([]));
    assert_eq!(
        all(&said, "language"),
        [&null, &null, &null, &json!("rus"), &json!("deu")]
    );
    for paragraph in &said[3..] {
        let given = ["kind", "topics", "tone"].map(|task| &paragraph[task]);
        assert_eq!(given, [&null, &none, &null]);
        assert_eq!(paragraph["explain"], json!({}));
        assert!(paragraph["scores"]["tone"]["cold"].is_f64());
    }
    assert!(said[0].get("language").is_none());
    let table = folder.output(line);
    assert!(
        table.contains("1 set aside and 2 not in English (deu, rus)"),
        "{table}"
    );
    let csv = folder.output(&format!("{line} --format csv"));
    let records: Vec<csv::StringRecord> = (csv::Reader::from_reader(csv.as_bytes()).into_records())
        .map(Result::unwrap)
        .collect();
    let column = csv
        .lines()
        .next()
        .unwrap()
        .split(',')
        .position(|name| name == "language");
    let languages: Vec<&str> = records.iter().map(|r| &r[column.unwrap()]).collect();
    assert_eq!(languages, ["", "", "", "rus", "deu"]);

    let forced = folder.jsonl(&format!("{line} --format jsonl --any-language"));
    assert!(forced.iter().all(|paragraph| paragraph["kind"].is_string()));
    assert!(
        forced
            .iter()
            .all(|paragraph| paragraph.get("language").is_none())
    );
}

#[test]
fn a_model_of_other_languages_labels_them() {
    let texts = [
        "Пекин ввёл пошлины, раунд",
        "Стороны договорились о встрече, раунд",
    ];
    let rows: Vec<Row> = (0..24)
        .map(|i| {
            let tone = ["cold", "warm"][i % 2];
            Row::new(format!("{} {i}", texts[i % 2])).single("tone", tone)
        })
        .collect();
    let params = TrainParams {
        cross_validate: false,
        ..TrainParams::default()
    };
    let trained = Trainer::new(params).fit(&rows).unwrap();
    assert_eq!(trained.model.provenance().languages, ["rus"]);
    let folder = Folder::new();
    trained.model.save(folder.path("m.demarche")).unwrap();
    folder.put("a.txt", "Пекин ввёл новые пошлины.");
    let said = folder.jsonl("classify --model m.demarche a.txt --format jsonl");
    assert_eq!(said[0]["tone"], "cold");
}

#[test]
fn a_page_that_says_its_language_tells_of_its_headlines_too() {
    let folder = Folder::with_model();
    let page = "<html lang='de-DE'><h1>Handelsstreit: Peking warnt Brüssel</h1>\
        <p>Das Handelsministerium in Peking verurteilte die neuen Zölle auf Stahl scharf. Ein Sprecher \
        kündigte am Dienstag Gegenmaßnahmen gegen europäische Hersteller von Autos, Schweinefleisch und \
        Branntwein in Aussicht, falls die Kommission ihre Entscheidung nicht binnen eines Monats \
        zurücknimmt; Verhandlungen in Genf seien weiterhin möglich, ein Termin stehe jedoch nicht fest.</p>\
        <p>Envoys praised a deal and said that the talks were friendly.</p>";
    folder.put("german.html", page);
    // It says that it is in German, and is not.
    let wrong = "<html lang='de-DE'><h1>Streit in Peking: EU warns Brussels</h1>\
        <p>Envoys praised a deal and said that the talks were friendly.</p>";
    folder.put("wrong.html", wrong);
    folder.put("silent.html", page.replace(" lang='de-DE'", ""));
    folder.put("english.html", page.replace("de-DE", "en"));
    let languages = |file: &str| {
        let said = folder.jsonl(&format!(
            "classify --model m.demarche {file} --format jsonl"
        ));
        all(&said, "language")
            .into_iter()
            .cloned()
            .collect::<Vec<Value>>()
    };
    let (null, deu) = (Value::Null, json!("deu"));
    assert_eq!(
        languages("german.html"),
        [deu.clone(), deu.clone(), null.clone()]
    );
    assert_eq!(languages("wrong.html"), [null.clone(), null.clone()]);
    for file in ["silent.html", "english.html"] {
        assert_eq!(
            languages(file),
            [null.clone(), deu.clone(), null.clone()],
            "{file}"
        );
    }
    folder.put(
        "rows.jsonl",
        "{\"text\": \"Handelsstreit: Peking warnt Brüssel\", \"language\": \"German\"}\n\
         {\"text\": \"Handelsstreit: Peking warnt Brüssel\"}\n",
    );
    assert_eq!(languages("rows.jsonl"), [deu, null]);
}
