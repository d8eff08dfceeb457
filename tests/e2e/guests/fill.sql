create table station(id integer primary key, name text unique, height real);
create table event(id integer primary key, station integer references station, at text, value real);
create index event_by_station on event(station, at);
insert into station(name, height) values ('harbour', 3.5), ('hill', 212.25), ('Łódź', 180);
begin;
with recursive n(i) as (select 0 union all select i + 1 from n where i < 9999)
insert into event(station, at, value)
select i % 3 + 1, datetime(1700000000 + i * 60, 'unixepoch'), (i * 7919 % 1000) / 10.0 from n;
commit;
pragma integrity_check;
