"""Outcomes: conversion, time in stage, and how well rules and scores go together with what happened later."""
