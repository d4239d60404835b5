"""Contacts with their ledger, made by the database: numbered, drawn, written in two statements.

Whoever stands early in her block of 200 buys more often and has been here longer.
"""

from datetime import datetime
from typing import Any

from django.db import connection

from config.demo import words
from config.demo.scale import PEOPLE_PER_BLOCK, Blocks

# Six digits of every phone are those of the row, from 200000 to 899999: unique, and far from the
# last digits by which the simulator of Spoki lets messages fail. The factor shares no divisor
# with 700,000, so that no two rows meet; whoever comes after so many has a longer phone.
_SPREAD = 387_413

_STAGE = """
CREATE TEMP TABLE demo_person ON COMMIT DROP AS
WITH drawn AS (
    SELECT n, (n - 1) %% %(per_block)s AS place,
        200000 + n * %(spread)s %% 700000
            || CASE WHEN n > 700000 THEN ((n - 1) / 700000)::text ELSE '' END AS digits,
        pg_temp.draw('phone', n) AS phone_roll,
        1 + floor(pg_temp.draw('abroad', n) * %(abroad)s)::int AS abroad,
        1 + floor(pg_temp.draw('place', n) * %(places)s)::int AS home,
        pg_temp.draw('pet', n) AS pet_roll,
        floor(power(pg_temp.draw('pet age', n), 1.4) * 14 * 365)::int AS pet_days,
        pg_temp.draw('since', n) AS since,
        pg_temp.draw('marketing', n) AS marketing_roll,
        pg_temp.draw('orders', n) AS orders_roll,
        1 + floor(pg_temp.draw('source', n) * %(sources)s)::int AS source
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
), placed AS (
    SELECT *,
        CASE WHEN phone_roll < 0.025 THEN 'none' WHEN phone_roll < 0.055 THEN 'landline'
            WHEN phone_roll < 0.09 THEN 'abroad' ELSE 'mobile' END AS reached_by,
        CASE WHEN pet_roll < 0.55 THEN 'cane' WHEN pet_roll < 0.92 THEN 'gatto' END AS pet_kind,
        -- Regular customers came at least ten months ago, the others at any time in two years.
        date_trunc('second', %(now)s::timestamptz - interval '1 day' * CASE
            WHEN place < 40 THEN 300 + 430 * since ELSE 0.05 + 729 * power(since, 1.2) END
        ) AS created_at
    FROM drawn
), known AS (
    SELECT *,
        -- Some say yes only later, in the last weeks.
        created_at + (%(now)s - created_at) * CASE WHEN pg_temp.draw('late yes', n) < 0.03
            THEN 1 - power(pg_temp.draw('when yes', n), 2) / 20
            ELSE pg_temp.draw('when yes', n) / 50 END AS yes_at
    FROM placed
)
SELECT n, place, pet_kind, created_at, source, reached_by = 'abroad' AS is_abroad, home,
    nextval(pg_get_serial_sequence('audiences_contact', 'id')) AS id,
    CASE reached_by
        WHEN 'mobile' THEN '+39' || pg_temp.pick(%(mobiles)s, 'prefix', n)
            || floor(pg_temp.draw('digit', n) * 10)::int || digits
        WHEN 'landline' THEN pg_temp.pick(%(landlines)s, 'prefix', n) || digits
        WHEN 'abroad' THEN (%(abroad_begins)s::text[])[abroad] || digits
    END AS phone,
    reached_by IN ('mobile', 'abroad') AS can_receive_whatsapp,
    CASE WHEN reached_by = 'abroad' THEN pg_temp.pick(%(foreign_first)s, 'name', n)
        WHEN pg_temp.draw('woman', n) < 0.66 THEN pg_temp.pick(%(female)s, 'name', n)
        ELSE pg_temp.pick(%(male)s, 'name', n) END AS first_name,
    pg_temp.pick(CASE WHEN reached_by = 'abroad' THEN %(foreign_last)s::text[]
        ELSE %(surnames)s::text[] END, 'surname', n) AS last_name,
    CASE WHEN reached_by = 'abroad' THEN (%(abroad_languages)s::text[])[abroad]
        WHEN pg_temp.draw('english', n) < 0.02 THEN 'en' ELSE 'it' END AS language,
    CASE WHEN reached_by = 'abroad' THEN (%(abroad_zones)s::text[])[abroad]
        ELSE 'Europe/Rome' END AS zone,
    CASE WHEN reached_by = 'abroad' THEN (%(abroad_countries)s::text[])[abroad] ELSE 'IT' END
        AS country,
    CASE WHEN reached_by = 'abroad' THEN '' ELSE (%(provinces)s::text[])[home] END AS province,
    CASE WHEN reached_by = 'abroad' THEN (%(abroad_cities)s::text[])[abroad]
        ELSE (%(cities)s::text[])[home] END AS city,
    CASE WHEN reached_by = 'abroad' THEN '' ELSE (%(postcodes)s::text[])[home] END AS postcode,
    pg_temp.pick(%(streets)s, 'street', n) || ' '
        || 1 + floor(pg_temp.draw('door', n) * 120)::int AS street,
    CASE WHEN pet_kind IS NULL THEN '{}'::jsonb ELSE jsonb_build_object(
        'pet_kind', pet_kind,
        'pet_name', pg_temp.pick(CASE WHEN pet_kind = 'cane' THEN %(dogs)s::text[]
            ELSE %(cats)s::text[] END, 'pet name', n),
        'breed', pg_temp.pick(CASE WHEN pet_kind = 'cane' THEN %(dog_breeds)s::text[]
            ELSE %(cat_breeds)s::text[] END, 'breed', n),
        'birthday', ((%(now)s AT TIME ZONE 'Europe/Rome')::date - pet_days)::text,
        'life_stage', CASE WHEN pet_days >= 8 * 365 THEN 'senior' WHEN pet_days >= 365 THEN 'adulto'
            WHEN pet_kind = 'cane' THEN 'cucciolo' ELSE 'gattino' END
    ) END AS attributes,
    array_remove(ARRAY[
        CASE WHEN place < 6 THEN 'vip' END,
        CASE WHEN pg_temp.draw('newsletter', n) < 0.4 THEN 'newsletter' END,
        CASE WHEN pg_temp.draw('card', n) < 0.25 THEN 'tessera' END,
        CASE WHEN pg_temp.draw('breeder', n) < 0.01 THEN 'allevatore' END
    ], NULL)::varchar[] AS tags,
    pg_temp.draw('email', n) < 0.94 AS has_email,
    CASE WHEN marketing_roll < 0.74 THEN 'given' WHEN marketing_roll < 0.82 THEN 'withdrawn'
        ELSE 'unknown' END AS marketing,
    CASE WHEN orders_roll < 0.88 THEN 'given' WHEN orders_roll < 0.90 THEN 'withdrawn'
        ELSE 'unknown' END AS orders,
    date_trunc('second', yes_at) AS yes_at,
    date_trunc('second', yes_at + (%(now)s - yes_at) * pg_temp.draw('when no', n)) AS no_at,
    date_trunc('second', created_at + (%(now)s - created_at) * pg_temp.draw('orders no', n))
        AS orders_no_at
FROM known
"""

_CONTACTS = """
INSERT INTO audiences_contact (id, phone, can_receive_whatsapp, first_name, last_name, email,
    language, timezone, province, country, attributes, tags, marketing_consent,
    marketing_consent_at, orders_consent, orders_consent_at, is_blocked, has_invalid_phone,
    created_at, updated_at)
SELECT id, phone, can_receive_whatsapp, first_name, last_name,
    CASE WHEN has_email THEN translate(lower(first_name || '.' || last_name),
        ' àèéìòùíáóăäöü''', '.aeeiouiaoaaou') || '.' || n || '@posta.example' ELSE '' END,
    language, zone, province, country, attributes, tags,
    marketing, CASE marketing WHEN 'given' THEN yes_at WHEN 'withdrawn' THEN no_at END,
    orders, CASE orders WHEN 'given' THEN created_at WHEN 'withdrawn' THEN orders_no_at END,
    can_receive_whatsapp AND pg_temp.draw('blocked', n) < 0.004,
    can_receive_whatsapp AND pg_temp.draw('invalid', n) < 0.008,
    created_at,
    CASE marketing WHEN 'given' THEN yes_at WHEN 'withdrawn' THEN no_at ELSE created_at END
FROM demo_person ORDER BY n
"""

# A withdrawal follows the consent it takes back.
_LEDGER = """
INSERT INTO audiences_consentrecord
    (contact_id, purpose, state, phone, source, evidence, at, recorded_at)
SELECT id, 'whatsapp_marketing', 'given', coalesce(phone, ''), (%(source_names)s::text[])[source],
    (%(evidence)s::text[])[source], yes_at, yes_at + interval '2 seconds'
FROM demo_person WHERE marketing <> 'unknown'
UNION ALL
SELECT id, 'whatsapp_marketing', 'withdrawn', coalesce(phone, ''), 'whatsapp',
    'Ha scritto STOP', no_at, no_at
FROM demo_person WHERE marketing = 'withdrawn'
UNION ALL
SELECT id, 'order_updates', 'given', coalesce(phone, ''), 'checkout',
    'Casella «Aggiornamenti sull''ordine» spuntata al checkout', created_at,
    created_at + interval '2 seconds'
FROM demo_person WHERE orders <> 'unknown'
UNION ALL
SELECT id, 'order_updates', 'withdrawn', coalesce(phone, ''), 'assistenza',
    'Chiesto al telefono', orders_no_at, orders_no_at
FROM demo_person WHERE orders = 'withdrawn'
"""


def stage_people(blocks: Blocks, *, now: datetime) -> None:
    """Draw the people of `blocks` into `demo_person`, which lasts as long as the transaction."""
    begins, countries, zones, languages, cities = map(list, zip(*words.ABROAD, strict=True))
    drawn: dict[str, Any] = {
        "now": now,
        "per_block": PEOPLE_PER_BLOCK,
        "spread": _SPREAD,
        "abroad": len(words.ABROAD),
        "places": len(words.CITIES),
        "sources": len(words.SOURCES),
        "mobiles": words.MOBILE_PREFIXES,
        "landlines": list(words.LANDLINES),
        "abroad_begins": begins,
        "abroad_countries": countries,
        "abroad_zones": zones,
        "abroad_languages": languages,
        "abroad_cities": cities,
        **_italians(),
        **_pets(),
        **blocks.numbers(PEOPLE_PER_BLOCK),
    }
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS demo_person")
        cursor.execute(_STAGE, drawn)
        cursor.execute("ANALYZE demo_person (n)")


def write_people() -> None:
    """Write the staged people and what they agreed to."""
    proofs = {"source_names": list(words.SOURCES), "evidence": list(words.EVIDENCE)}
    with connection.cursor() as cursor:
        cursor.execute(_CONTACTS)
        cursor.execute(_LEDGER, proofs)


def _italians() -> dict[str, list[str]]:
    return {
        "female": words.FEMALE,
        "male": words.MALE,
        "surnames": words.SURNAMES,
        "foreign_first": words.FOREIGN_FIRST,
        "foreign_last": words.FOREIGN_LAST,
        "provinces": words.PROVINCES,
        "cities": words.CITIES,
        "postcodes": words.POSTCODES,
        "streets": words.STREETS,
    }


def _pets() -> dict[str, list[str]]:
    return {
        "dogs": words.DOG_NAMES,
        "cats": words.CAT_NAMES,
        "dog_breeds": words.DOG_BREEDS,
        "cat_breeds": words.CAT_BREEDS,
    }
