.mode box
.headers on
select name, count(*) n, round(avg(value), 3) mean, min(at) first, max(at) last
from event join station on station.id = event.station group by name order by name;
.mode json
select id, value, rank() over (order by value desc, id) place from event limit 3;
.mode csv
with top as (select station, value, row_number() over (partition by station
    order by value desc, id) k from event)
select station, group_concat(value, '/') best from top where k <= 4 group by station;
select json_extract('{"a":[1,{"b":"c"}]}', '$.a[1].b'), hex(sha3) from (select x'C0FFEE' sha3);
select printf('%08.3f|%-6s|%+d', 3.14159265, 'ab', 7), upper('abc'), 1e308 * 10, 0.1 + 0.2;
.mode list
explain query plan select * from event where station = 2 and at > '2023-11-15';
vacuum;
pragma page_count;
