"""Addresses of legacy imports, under /di-tru/."""

from django.urls import path

from migration.web import desk, views

app_name = "migration"
urlpatterns = [
    path("", views.batches, name="batches"),
    path("nap/", views.upload, name="upload"),
    path("<uuid:batch_id>/", views.batch, name="batch"),
    path("<uuid:batch_id>/bat-dau/", views.start, name="start"),
    path("<uuid:batch_id>/huy/", views.cancel, name="cancel"),
    path("<uuid:batch_id>/nap-that/", views.for_real, name="for_real"),
    path("<uuid:batch_id>/cach-ly/", views.quarantine, name="quarantine"),
    path("<uuid:batch_id>/cach-ly/<int:row_id>/", desk.row, name="row"),
    path("<uuid:batch_id>/cach-ly/sua/", desk.mend, name="mend"),
    path("<uuid:batch_id>/cach-ly/bo/", desk.drop, name="drop"),
    path("<uuid:batch_id>/cach-ly/nap-lai/", desk.replay, name="replay"),
    path("<uuid:batch_id>/cach-ly/tai-ve/", desk.export, name="export"),
    path("<uuid:batch_id>/cach-ly/tai-len/", desk.returned, name="returned"),
    path("<uuid:batch_id>/doi-soat/", desk.books, name="books"),
    path("<uuid:batch_id>/doi-soat/so-kiem-soat/", desk.told, name="told"),
    path("<uuid:batch_id>/doi-soat/ky/", desk.sign, name="sign"),
    path("<uuid:batch_id>/doi-soat/chung-nhan.pdf", desk.certificate, name="certificate"),
    path("<uuid:batch_id>/hoan-tac/", desk.reversal, name="reversal"),
    path("<uuid:batch_id>/tam-dung/", desk.pause, name="pause"),
    path("<uuid:batch_id>/chay-tiep/", desk.resume, name="resume"),
    path("<uuid:batch_id>/tien-do.json", desk.progress, name="progress"),
    path("<uuid:batch_id>/xem-truoc/", views.preview, name="preview"),
    path("<uuid:batch_id>/bien-nhan/", views.receipt, name="receipt"),
]
