-- Database, schemas, warehouses. Nothing is replaced: what stands keeps its rows.
create database if not exists "CLAUDE_BI";
use database "CLAUDE_BI";
create schema if not exists LANDING;
create schema if not exists ACTIVITY;
create schema if not exists MCP;
create warehouse if not exists DT_XS_WH warehouse_size = 'XSMALL' auto_suspend = 60 auto_resume = true initially_suspended = true;
create warehouse if not exists MCP_XS_WH warehouse_size = 'XSMALL' auto_suspend = 60 auto_resume = true initially_suspended = true;
